-- Every ledger period up to the as-of date's year, closed or not at that date, and whether a delivery has brought it.
-- A period closes 20 days after its month unless the seed period_close says another day. Beside the twelve months there
-- are the periods that the seed names (the supplement) and whatever a delivery has brought.
with

delivered as (

    select distinct fiscal_year, period_no from {{ ref('int_ledger__posting') }}

),

fiscal_year as (

    select distinct fiscal_year from delivered
    union
    select cast(year({{ as_of() }}) as integer)

),

exception as (

    select * from {{ ref('stg_reference__period_close') }}

),

period as (

    select
        fiscal_year.fiscal_year,
        cast(unnest(range(1, 13)) as integer) as period_no
    from fiscal_year

    union

    select fiscal_year, period_no from delivered

    union

    select exception.fiscal_year, exception.period_no
    from exception
    inner join fiscal_year
        on exception.fiscal_year = fiscal_year.fiscal_year

)

select
    period.fiscal_year,
    period.period_no,
    case when period.period_no between 1 and 12 then make_date(period.fiscal_year, period.period_no, 1) end as month,
    period.period_no between 1 and 12 or exception.period_no is not null as is_known,
    period.period_no >= 12 as is_year_end,
    delivered.period_no is not null as is_delivered,
    {{ period_closed_on('exception.closed_on', 'period.fiscal_year', 'period.period_no') }} as closed_on,
    {{ period_closed_on('exception.closed_on', 'period.fiscal_year', 'period.period_no') }} <= {{ as_of() }} as is_closed

from period

left join delivered
    on period.fiscal_year = delivered.fiscal_year
    and period.period_no = delivered.period_no

left join exception
    on period.fiscal_year = exception.fiscal_year
    and period.period_no = exception.period_no
