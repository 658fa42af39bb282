-- Fiscal year x account: budget, actuals, what is still to come, forecast. Every ledger krone is in exactly one row.
with

run as (

    select
        as_of,
        cast(year(as_of) as integer) as this_year,
        make_date(year(as_of), 12, 31) as year_end_on
    from {{ ref('stg_control__run') }}

),

period as (

    select * from {{ ref('int_ledger__period') }}

),

posting as (

    select
        posting.*,
        coalesce(period.is_closed, false) as is_closed
    from {{ ref('fct_posting') }} as posting
    cross join run
    left join period
        on posting.fiscal_year = period.fiscal_year
        and posting.period_no = period.period_no
    where not posting.is_balance
        and posting.posted_on <= run.as_of

),

payment as (

    select payment.*
    from {{ ref('fct_course_payment') }} as payment
    where payment.is_current
        and not payment.is_fictive
        and payment.granted_dkk is not null

),

covered_month as (

    select distinct month from period where is_delivered and month is not null

),

ledger_end as (

    select max(month) as last_month from covered_month

),

-- what nobody delivered is unknown, not 0
delivered as (

    select
        bool_or(entity = 'posting') as has_posting,
        bool_or(entity = 'course_payment') as has_course_payment
    from {{ ref('stg_control__delivery_file') }}

),

budget_year as (

    select distinct fiscal_year from {{ ref('int_ledger__budget') }}

),

-- one row an account and year and source of money
budget_of_account as (

    select
        fiscal_year,
        account_id,
        sum(original_budget_dkk) as budget_original,
        sum(supplementary_budget_dkk) as budget_supplementary,
        sum(corrected_budget_dkk) as budget_corrected
    from {{ ref('int_ledger__budget') }}
    group by fiscal_year, account_id

),

actual_of_account as (

    select
        fiscal_year,
        account_id,
        sum(amount_dkk) as actual_to_date,
        sum(amount_dkk) filter (where not is_income) as actual_expenditure,
        sum(amount_dkk) filter (where is_income) as actual_income,
        sum(amount_dkk) filter (where is_closed) as actual_closed
    from posting
    group by fiscal_year, account_id

),

commitment_of_account as (

    select
        run.this_year as fiscal_year,
        payment.account_id,
        sum(payment.left_dkk) filter (
            where payment.planned_on <= run.as_of
                and payment.planned_on > run.as_of - {{ var('accrual_window_days') }}
                -- before the ledger's first period it would be a gap; what it has not reached yet is still to come
                and (covered_month.month is not null or payment.planned_month > ledger_end.last_month)
        ) as accrued_unposted,
        sum(payment.left_dkk) filter (
            where payment.planned_on > run.as_of and payment.planned_on <= run.year_end_on
        ) as committed_remaining,
        sum(payment.left_dkk) filter (
            where payment.planned_on > run.as_of and payment.planned_on <= run.year_end_on and payment.is_internal
        ) as committed_internal,
        sum(payment.granted_dkk) filter (where year(payment.planned_on) = run.this_year + 1) as committed_next_year,
        bool_or(year(payment.planned_on) = run.this_year) as has_granted_payment
    from payment
    cross join run
    cross join ledger_end
    left join covered_month
        on payment.planned_month = covered_month.month
    where year(payment.planned_on) between run.this_year - 1 and run.this_year + 1
    group by run.this_year, payment.account_id

),

pipeline_of_account as (

    select
        run.this_year as fiscal_year,
        pipeline.account_id,
        sum(pipeline.amount_dkk) filter (where not pipeline.is_stale) as pipeline_expected,
        sum(pipeline.amount_dkk) filter (where pipeline.is_stale) as pipeline_stale
    from {{ ref('int_overrun__pipeline') }} as pipeline
    cross join run
    where pipeline.planned_on > run.as_of
        and pipeline.planned_on <= run.year_end_on
    group by run.this_year, pipeline.account_id

),

-- last year's money until the periods that are closed this year, and its whole
last_year_of_account as (

    select
        run.this_year as fiscal_year,
        posting.account_id,
        sum(posting.amount_dkk) as last_year,
        sum(posting.amount_dkk) filter (where posting.period_no <= closed.periods) as last_year_closed
    from posting
    cross join run
    cross join (
        select count(*) as periods
        from period
        cross join run
        where period.fiscal_year = run.this_year and period.is_closed and period.month is not null
    ) as closed
    where posting.fiscal_year = run.this_year - 1
        -- only a whole year has a profile
        and (
            select count(*) from period cross join run
            where period.fiscal_year = run.this_year - 1 and period.is_delivered and period.month is not null
        ) = 12
    group by run.this_year, posting.account_id

),

closed_period as (

    select
        fiscal_year,
        count(*) filter (where is_closed) as periods
    from period
    where month is not null
    group by fiscal_year

),

year_account as (

    select fiscal_year, account_id from budget_of_account
    union
    select fiscal_year, account_id from actual_of_account
    union
    select fiscal_year, account_id from commitment_of_account
    union
    select fiscal_year, account_id from pipeline_of_account

),

joined as (

    select
        run.as_of,
        year_account.fiscal_year,
        year_account.account_id,
        account.frame_id,
        account.function_no,
        account.is_service_frame,
        case
            when year_account.fiscal_year >= run.this_year then 'running'
            when coalesce(year_end.is_closed, true) then 'final'
            else 'preliminary'
        end as year_status,
        case when budget_year.fiscal_year is not null then coalesce(budget_of_account.budget_original, 0) end as budget_original,
        case when budget_year.fiscal_year is not null then coalesce(budget_of_account.budget_supplementary, 0) end as budget_supplementary,
        case when budget_year.fiscal_year is not null then coalesce(budget_of_account.budget_corrected, 0) end as budget_corrected,
        case when delivered.has_posting then coalesce(actual_of_account.actual_to_date, 0) end as actual_to_date,
        case when delivered.has_posting then coalesce(actual_of_account.actual_expenditure, 0) end as actual_expenditure,
        case when delivered.has_posting then coalesce(actual_of_account.actual_income, 0) end as actual_income,
        case when delivered.has_posting then coalesce(actual_of_account.actual_closed, 0) end as actual_closed,
        case when delivered.has_course_payment then coalesce(commitment_of_account.accrued_unposted, 0) end as accrued_unposted,
        case when delivered.has_course_payment then coalesce(commitment_of_account.committed_remaining, 0) end as committed_remaining,
        case when delivered.has_course_payment then coalesce(commitment_of_account.committed_internal, 0) end as committed_internal,
        case when delivered.has_course_payment then coalesce(commitment_of_account.committed_next_year, 0) end as committed_next_year,
        coalesce(commitment_of_account.has_granted_payment, false) as has_granted_payment,
        case when delivered.has_course_payment then coalesce(pipeline_of_account.pipeline_expected, 0) end as pipeline_expected,
        case when delivered.has_course_payment then coalesce(pipeline_of_account.pipeline_stale, 0) end as pipeline_stale,
        coalesce(closed_period.periods, 0) as closed_periods,
        last_year_of_account.last_year,
        coalesce(last_year_of_account.last_year_closed, 0) as last_year_closed,
        coalesce(frame.forecast_method, 'forecast_activity') as frame_method

    from year_account

    cross join run

    cross join delivered

    left join budget_year
        on year_account.fiscal_year = budget_year.fiscal_year

    left join {{ ref('dim_account') }} as account
        on year_account.account_id = account.account_id

    left join {{ ref('dim_frame') }} as frame
        on account.frame_id = frame.frame_id

    left join budget_of_account
        on year_account.fiscal_year = budget_of_account.fiscal_year
        and year_account.account_id = budget_of_account.account_id

    left join actual_of_account
        on year_account.fiscal_year = actual_of_account.fiscal_year
        and year_account.account_id = actual_of_account.account_id

    left join commitment_of_account
        on year_account.fiscal_year = commitment_of_account.fiscal_year
        and year_account.account_id = commitment_of_account.account_id

    left join pipeline_of_account
        on year_account.fiscal_year = pipeline_of_account.fiscal_year
        and year_account.account_id = pipeline_of_account.account_id

    left join last_year_of_account
        on year_account.fiscal_year = last_year_of_account.fiscal_year
        and year_account.account_id = last_year_of_account.account_id

    left join closed_period
        on year_account.fiscal_year = closed_period.fiscal_year

    left join period as year_end
        on year_account.fiscal_year = year_end.fiscal_year
        and year_end.period_no = 12

),

methods as (

    select
        *,
        -- issue 4 fills these; until then they are unknown, not nothing
        cast(null as decimal(18, 2)) as net_inflow,
        cast(null as decimal(18, 2)) as spill_out,
        {{ divide('actual_closed * 12', 'closed_periods') }} as forecast_straight_line,
        actual_to_date + accrued_unposted + committed_remaining as forecast_commitment,
        {{ money(
            'actual_to_date + accrued_unposted + committed_remaining + pipeline_expected * ' ~ var('pipeline_probability')
        ) }} as forecast_activity
    from joined

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

),

forecasted as (

    select
        *,
        case forecast_method
            when 'actual' then actual_to_date
            when 'forecast_activity' then forecast_activity
            when 'forecast_commitment' then forecast_commitment
            when 'forecast_straight_line' then forecast_straight_line
            when 'straight_line' then forecast_straight_line
            when 'last_year' then last_year
            when 'last_year_profile' then {{ divide('actual_closed * last_year', 'last_year_closed') }}
            else budget_corrected
        end as forecast
    from chosen

)

select
    as_of,
    fiscal_year,
    account_id,
    frame_id,
    function_no,
    is_service_frame,
    year_status,
    cast(budget_original as decimal(18, 2)) as budget_original,
    cast(budget_supplementary as decimal(18, 2)) as budget_supplementary,
    cast(budget_corrected as decimal(18, 2)) as budget_corrected,
    cast(actual_to_date as decimal(18, 2)) as actual_to_date,
    cast(actual_expenditure as decimal(18, 2)) as actual_expenditure,
    cast(actual_income as decimal(18, 2)) as actual_income,
    cast(accrued_unposted as decimal(18, 2)) as accrued_unposted,
    cast(committed_remaining as decimal(18, 2)) as committed_remaining,
    cast(committed_internal as decimal(18, 2)) as committed_internal,
    cast(pipeline_expected as decimal(18, 2)) as pipeline_expected,
    cast(pipeline_stale as decimal(18, 2)) as pipeline_stale,
    net_inflow,
    spill_out,
    forecast_straight_line,
    cast(forecast_commitment as decimal(18, 2)) as forecast_commitment,
    cast(forecast_activity as decimal(18, 2)) as forecast_activity,
    cast(forecast as decimal(18, 2)) as forecast,
    forecast_method,
    cast(forecast - budget_corrected as decimal(18, 2)) as expected_overrun,
    case when budget_corrected > 0 then {{ divide('(forecast - budget_corrected) * 100', 'budget_corrected') }} end as expected_overrun_pct,
    cast(committed_next_year as decimal(18, 2)) as committed_next_year,
    has_granted_payment
from forecasted
