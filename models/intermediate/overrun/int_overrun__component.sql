-- Fiscal year x account x course: the additive parts of the forecast. On every row
--   forecast = actual + accrued + committed - spill_out + pipeline (weighted) + net_inflow + method
-- and the rows of an account sum to its forecast to the øre: what no course carries (inflow, and the difference to
-- another method than forecast_activity) stands on the row without a course. price_hold_dkk is outside the forecast.
{%- set columns = [
    'actual_to_date', 'actual_expenditure', 'actual_income', 'accrued_unposted', 'committed_remaining',
    'committed_internal', 'committed_next_year', 'pipeline_expected', 'pipeline_stale', 'pipeline_weighted', 'spill_out',
    'net_inflow', 'price_hold_dkk',
] %}
with

part as (

    select
        *,
        {{ money('pipeline_expected * ' ~ var('pipeline_probability')) }} as pipeline_weighted
    from {{ ref('int_overrun__course') }}

),

account as (

    select * from {{ ref('int_overrun__account') }}

),

part_of_account as (

    select
        fiscal_year,
        account_id,
        sum(actual_to_date + accrued_unposted + committed_remaining - spill_out + pipeline_weighted) as forecast
    from part
    group by fiscal_year, account_id

),

account_row as (

    select
        account.fiscal_year,
        account.account_id,
        coalesce(account.net_inflow, 0) as net_inflow,
        account.forecast - coalesce(part_of_account.forecast, 0) - coalesce(account.net_inflow, 0) as method_dkk
    from account
    left join part_of_account
        on account.fiscal_year = part_of_account.fiscal_year
        and account.account_id = part_of_account.account_id

),

combined as (

    select * from part
    union all by name
    select * from account_row

),

summed as (

    select
        fiscal_year,
        account_id,
        course_id,
        {%- for column in columns %}
        cast(coalesce(sum({{ column }}), 0) as decimal(18, 2)) as {{ column }},
        {%- endfor %}
        -- unknown where the account's forecast is
        cast(case when course_id is null then sum(method_dkk) else 0 end as decimal(18, 2)) as method_dkk
    from combined
    group by fiscal_year, account_id, course_id

)

select
    *,
    cast(
        actual_to_date + accrued_unposted + committed_remaining - spill_out + pipeline_weighted + net_inflow + method_dkk
        as decimal(18, 2)
    ) as forecast
from summed
