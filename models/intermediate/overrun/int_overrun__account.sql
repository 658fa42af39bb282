-- Fiscal year x account: its parts summed, its budget, and what each method makes of them. See marts.md, Overrun.
{%- set posted = ['actual_to_date', 'actual_expenditure', 'actual_income', 'actual_closed'] %}
{%- set planned = [
    'accrued_unposted', 'committed_remaining', 'committed_internal', 'committed_next_year', 'pipeline_expected',
    'pipeline_stale', 'spill_out', 'price_hold_dkk',
] %}
{%- set budgeted = {
    'budget_original': 'original_budget_dkk',
    'budget_supplementary': 'supplementary_budget_dkk',
    'budget_transfer': 'transfer_budget_dkk',
    'budget_corrected': 'corrected_budget_dkk',
} %}
with

run as (

    select
        as_of,
        cast(year(as_of) as integer) as this_year
    from {{ ref('stg_control__run') }}

),

period as (

    select * from {{ ref('int_ledger__period') }} where month is not null

),

-- a year is closed with its last period: December, or the supplement period after it
year_end as (

    select
        fiscal_year,
        bool_and(is_closed) as is_closed
    from {{ ref('int_ledger__period') }}
    where is_year_end
    group by fiscal_year

),

-- what nobody delivered is unknown, not 0
delivered as (

    select
        coalesce(bool_or(entity = 'posting'), false) as has_posting,
        coalesce(bool_or(entity = 'course_payment'), false) as has_course_payment
    from {{ ref('stg_control__delivery_file') }}

),

part as (

    select
        fiscal_year,
        account_id,
        {%- for column in posted + planned %}
        sum({{ column }}) as {{ column }},
        {%- endfor %}
        bool_or(has_granted_payment) as has_granted_payment
    from {{ ref('int_overrun__course') }}
    group by fiscal_year, account_id

),

budget as (

    select
        fiscal_year,
        account_id,
        {%- for column, source in budgeted.items() %}
        sum({{ source }}) as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('int_ledger__budget') }}
    group by fiscal_year, account_id

),

budget_year as (

    select distinct fiscal_year from budget

),

closed_period as (

    select
        fiscal_year,
        count(*) filter (where is_closed) as periods
    from period
    group by fiscal_year

),

-- last year's money until the periods that are closed this year, and its whole
last_year as (

    select
        run.this_year as fiscal_year,
        posting.account_id,
        sum(posting.amount_dkk) as last_year,
        sum(posting.amount_dkk) filter (
            where posting.period_no <= coalesce(closed_period.periods, 0)
        ) as last_year_closed
    from {{ ref('fct_posting') }} as posting
    cross join run
    left join closed_period
        on run.this_year = closed_period.fiscal_year
    where posting.fiscal_year = run.this_year - 1
        and not posting.is_balance
        and posting.posted_on <= run.as_of
        -- only a whole year has a profile
        and (
            select count(*) from period cross join run
            where period.fiscal_year = run.this_year - 1 and period.is_delivered
        ) = 12
    group by run.this_year, posting.account_id

),

inflow as (

    select
        run.this_year as fiscal_year,
        inflow.account_id,
        sum(inflow.net_inflow_dkk) as net_inflow
    from {{ ref('int_overrun__inflow') }} as inflow
    cross join run
    group by run.this_year, inflow.account_id

),

year_account as (

    select fiscal_year, account_id from part
    union
    select fiscal_year, account_id from budget

),

joined as (

    select
        year_account.fiscal_year,
        year_account.account_id,
        case
            when year_account.fiscal_year >= run.this_year then 'running'
            when coalesce(year_end.is_closed, true) then 'final'
            else 'preliminary'
        end as year_status,
        {%- for column in budgeted %}
        case when budget_year.fiscal_year is not null then coalesce(budget.{{ column }}, 0) end as {{ column }},
        {%- endfor %}
        {%- for column in posted %}
        case when delivered.has_posting then coalesce(part.{{ column }}, 0) end as {{ column }},
        {%- endfor %}
        {%- for column in planned %}
        case when delivered.has_course_payment then coalesce(part.{{ column }}, 0) end as {{ column }},
        {%- endfor %}
        case when delivered.has_course_payment then coalesce(inflow.net_inflow, 0) end as net_inflow,
        coalesce(part.has_granted_payment, false) as has_granted_payment,
        coalesce(closed_period.periods, 0) as closed_periods,
        last_year.last_year,
        coalesce(last_year.last_year_closed, 0) as last_year_closed,
        coalesce(frame.forecast_method, 'forecast_activity') as frame_method

    from year_account

    cross join run

    cross join delivered

    left join part
        on year_account.fiscal_year = part.fiscal_year
        and year_account.account_id = part.account_id

    left join budget
        on year_account.fiscal_year = budget.fiscal_year
        and year_account.account_id = budget.account_id

    left join budget_year
        on year_account.fiscal_year = budget_year.fiscal_year

    left join {{ ref('int_account__year') }} as account_year
        on year_account.fiscal_year = account_year.fiscal_year
        and year_account.account_id = account_year.account_id

    left join {{ ref('dim_frame') }} as frame
        on account_year.frame_id = frame.frame_id

    left join last_year
        on year_account.fiscal_year = last_year.fiscal_year
        and year_account.account_id = last_year.account_id

    left join inflow
        on year_account.fiscal_year = inflow.fiscal_year
        and year_account.account_id = inflow.account_id

    left join closed_period
        on year_account.fiscal_year = closed_period.fiscal_year

    left join year_end
        on year_account.fiscal_year = year_end.fiscal_year

),

commitment as (

    select
        *,
        {{ divide('actual_closed * 12', 'closed_periods') }} as forecast_straight_line,
        actual_to_date + accrued_unposted + committed_remaining - spill_out as forecast_commitment
    from joined

),

methods as (

    select
        *,
        forecast_commitment
        + {{ money('pipeline_expected * ' ~ var('pipeline_probability')) }}
        + net_inflow as forecast_activity
    from commitment

),

chosen as (

    select
        *,
        case
            when year_status <> 'running' then 'actual'
            when has_granted_payment then frame_method
            -- an account without courses: experience is all there is
            when last_year is not null and closed_periods = 0 then 'last_year'
            when last_year_closed <> 0 and sign(last_year_closed) = sign(last_year) then 'last_year_profile'
            when forecast_straight_line is not null then 'straight_line'
            else 'budget'
        end as forecast_method
    from methods

)

select
    fiscal_year,
    account_id,
    year_status,
    {%- for column in budgeted.keys() | list + posted + planned + ['net_inflow', 'forecast_commitment', 'forecast_activity'] %}
    cast({{ column }} as decimal(18, 2)) as {{ column }},
    {%- endfor %}
    forecast_straight_line,
    has_granted_payment,
    forecast_method,
    cast(case forecast_method
        when 'actual' then actual_to_date
        when 'forecast_activity' then forecast_activity
        when 'forecast_commitment' then forecast_commitment
        when 'forecast_straight_line' then forecast_straight_line
        when 'straight_line' then forecast_straight_line
        when 'last_year' then last_year
        when 'last_year_profile' then {{ divide('actual_closed * last_year', 'last_year_closed') }}
        else budget_corrected
    end as decimal(18, 2)) as forecast
from chosen
