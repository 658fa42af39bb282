-- Every ledger period up to the as-of date's year, closed or not at that date, and whether a delivery has brought it.
-- A period closes 20 days after its month unless the seed period_close says another day.
with

delivered as (

    select distinct fiscal_year, period_no from {{ ref('int_ledger__posting') }}

),

fiscal_year as (

    select distinct fiscal_year from delivered
    union
    select cast(year({{ as_of() }}) as integer)

),

period as (

    select
        fiscal_year.fiscal_year,
        cast(unnest(range(1, 13)) as integer) as period_no
    from fiscal_year

    union

    -- opening and closing periods (0, 13-16) exist where a delivery has them
    select fiscal_year, period_no from delivered

),

exception as (

    select * from {{ ref('stg_reference__period_close') }}

)

select
    period.fiscal_year,
    period.period_no,
    case when period.period_no between 1 and 12 then make_date(period.fiscal_year, period.period_no, 1) end as month,
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
