-- Fiscal year x account: budget, actuals, what is still to come, forecast. Every ledger krone is in exactly one row.
with

account as (

    select * from {{ ref('int_overrun__account') }}

),

-- next year's, seen from the running year
full_year as (

    select
        account_id,
        cast(year(min(month)) - 1 as integer) as fiscal_year,
        sum(full_year_effect) as full_year_effect
    from {{ ref('int_overrun__full_year') }}
    group by account_id

)

select
    run.as_of,
    account.fiscal_year,
    account.account_id,
    account_year.frame_id,
    dim_account.function_no,
    account_year.is_service_frame,
    account.year_status,
    account.budget_original,
    account.budget_supplementary,
    account.budget_transfer,
    account.budget_corrected,
    account.actual_to_date,
    account.actual_expenditure,
    account.actual_income,
    account.accrued_unposted,
    account.committed_remaining,
    account.committed_internal,
    account.pipeline_expected,
    account.pipeline_stale,
    account.net_inflow,
    account.spill_out,
    account.forecast_straight_line,
    account.forecast_commitment,
    account.forecast_activity,
    account.forecast,
    account.forecast_method,
    cast(account.forecast - account.budget_corrected as decimal(18, 2)) as expected_overrun,
    case
        when account.budget_corrected > 0
            then {{ divide('(account.forecast - account.budget_corrected) * 100', 'account.budget_corrected') }}
    end as expected_overrun_pct,
    account.committed_next_year,
    case
        when account.committed_next_year is not null
            then cast(coalesce(full_year.full_year_effect, 0) as decimal(18, 2))
    end as full_year_effect,
    account.has_granted_payment,
    account.price_hold_dkk

from account

cross join {{ ref('stg_control__run') }} as run

left join {{ ref('dim_account') }} as dim_account
    on account.account_id = dim_account.account_id

left join full_year
    on account.fiscal_year = full_year.fiscal_year
    and account.account_id = full_year.account_id

left join {{ ref('int_account__year') }} as account_year
    on account.fiscal_year = account_year.fiscal_year
    and account.account_id = account_year.account_id
