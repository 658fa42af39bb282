-- Fiscal year x account x course x month: the additive parts of the forecast, and the plan they come from. On every row
--   forecast = actual + accrued + committed - spill_out + pipeline (weighted) + net_inflow + method
-- and the rows of an account sum to its forecast to the øre: what no course carries (inflow, and the difference to
-- another method than forecast_activity) stands on the row without a course. price_hold_dkk is outside the forecast.
{%- set columns = [
    'actual_to_date', 'actual_expenditure', 'actual_income', 'accrued_unposted', 'committed_remaining',
    'committed_internal', 'committed_next_year', 'pipeline_expected', 'pipeline_stale', 'pipeline_weighted', 'spill_out',
    'net_inflow', 'price_hold_dkk', 'planned_dkk', 'allocated_dkk',
] %}
with

run as (

    select cast(year(as_of) as integer) as this_year from {{ ref('stg_control__run') }}

),

-- what an EXPECTED adjustment displaces is part of the adjustment: the two together are what it changes
line as (

    select
        * exclude (course_id, month),
        coalesce(expected_course_id, course_id) as course_id,
        case when course_id is not null then month end as month
    from {{ ref('int_overrun__line') }}

),

part as (

    select
        fiscal_year,
        account_id,
        course_id,
        month,
        sum(actual_to_date) as actual_to_date,
        sum(actual_expenditure) as actual_expenditure,
        sum(actual_income) as actual_income,
        sum(accrued_unposted) as accrued_unposted,
        sum(committed_remaining) as committed_remaining,
        sum(committed_internal) as committed_internal,
        sum(committed_next_year) as committed_next_year,
        sum(pipeline_expected) as pipeline_expected,
        sum(pipeline_stale) as pipeline_stale,
        {{ money('sum(pipeline_expected) * ' ~ var('pipeline_probability')) }} as pipeline_weighted,
        sum(spill_out) as spill_out,
        sum(price_hold_dkk) as price_hold_dkk
    from line
    group by fiscal_year, account_id, course_id, month

),

-- the granted plan of last year and this, whether posted or not
plan as (

    select
        cast(year(payment.planned_on) as integer) as fiscal_year,
        payment.account_id,
        payment.course_id,
        payment.planned_month as month,
        sum(payment.planned_dkk) as planned_dkk,
        sum(payment.allocated_dkk) as allocated_dkk,
        count(*) as planned_payments,
        case when bool_and(payment.payment_cost_type = 'PER_UNIT') then sum(payment.units) end as planned_units
    from {{ ref('fct_course_payment') }} as payment
    cross join run
    where payment.is_current
        and not payment.is_fictive
        and payment.granted_dkk is not null
        and year(payment.planned_on) between run.this_year - 1 and run.this_year
    group by year(payment.planned_on), payment.account_id, payment.course_id, payment.planned_month

),

part_of_account as (

    select
        fiscal_year,
        account_id,
        sum(
            coalesce(actual_to_date, 0) + coalesce(accrued_unposted, 0) + coalesce(committed_remaining, 0)
            - coalesce(spill_out, 0) + coalesce(pipeline_weighted, 0)
        ) as forecast
    from part
    group by fiscal_year, account_id

),

account_row as (

    select
        account.fiscal_year,
        account.account_id,
        account.forecast_method,
        account.budget_corrected,
        coalesce(account.net_inflow, 0) as net_inflow,
        account.forecast - coalesce(part_of_account.forecast, 0) - coalesce(account.net_inflow, 0) as method_dkk
    from {{ ref('int_overrun__account') }} as account
    left join part_of_account
        on account.fiscal_year = part_of_account.fiscal_year
        and account.account_id = part_of_account.account_id

),

combined as (

    select * from part
    union all by name
    select plan.*
    from plan
    semi join {{ ref('int_overrun__account') }} as account
        on plan.fiscal_year = account.fiscal_year
        and plan.account_id = account.account_id
    union all by name
    select * from account_row

),

summed as (

    select
        fiscal_year,
        account_id,
        course_id,
        month,
        {%- for column in columns %}
        cast(coalesce(sum({{ column }}), 0) as decimal(18, 2)) as {{ column }},
        {%- endfor %}
        coalesce(sum(planned_payments), 0) as planned_payments,
        cast(sum(planned_units) as decimal(18, 4)) as planned_units,
        max(forecast_method) as forecast_method,
        cast(max(budget_corrected) as decimal(18, 2)) as budget_corrected,
        -- unknown where the account's forecast is
        cast(case when course_id is null then sum(method_dkk) else 0 end as decimal(18, 2)) as method_dkk
    from combined
    group by fiscal_year, account_id, course_id, month

)

select
    * replace (cast(planned_payments as bigint) as planned_payments),
    cast(
        actual_to_date + accrued_unposted + committed_remaining - spill_out + pipeline_weighted + net_inflow + method_dkk
        as decimal(18, 2)
    ) as forecast
from summed
