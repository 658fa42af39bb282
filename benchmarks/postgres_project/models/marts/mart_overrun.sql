with
today as (
    select {{ as_of() }} as as_of, {{ this_year() }} as this_year
),
actual as (
    select
        fiscal_year, account_id,
        sum(amount_dkk) as actual_to_date,
        sum(amount_dkk) filter (where left(art, 1) not in ('7', '8')) as actual_expenditure,
        sum(amount_dkk) filter (where left(art, 1) in ('7', '8')) as actual_income,
        sum(amount_dkk) filter (where {{ last_day('make_date(fiscal_year, period_no, 1)') }} + 20 <= as_of) as actual_closed
    from {{ ref('stg_posting') }} as posting cross join today
    group by 1, 2
),
closed as (
    select fiscal_year, count(distinct period_no) as periods
    from {{ ref('stg_posting') }} as posting cross join today
    where {{ last_day('make_date(fiscal_year, period_no, 1)') }} + 20 <= as_of
    group by 1
),
commitment as (
    select
        this_year as fiscal_year, account_id,
        sum(greatest(planned_dkk - posted_dkk, 0)) filter (where planned_on between as_of - 120 and as_of) as accrued_unposted,
        sum(greatest(planned_dkk - posted_dkk, 0)) filter (where planned_on > as_of and {{ year_of('planned_on') }} = this_year) as committed_remaining,
        sum(greatest(planned_dkk - posted_dkk, 0)) filter (
            where planned_on > as_of and {{ year_of('planned_on') }} = this_year and is_internal
        ) as committed_internal,
        sum(planned_dkk) filter (where {{ year_of('planned_on') }} = this_year + 1) as committed_next_year,
        count(*) filter (where {{ year_of('planned_on') }} = this_year) as payments
    from {{ ref('int_payment') }} as payment cross join today
    group by 1, 2
),
pipeline as (
    select
        this_year as fiscal_year, account_id,
        sum(planned_dkk) filter (where not is_stale) as pipeline_expected,
        sum(planned_dkk) filter (where is_stale) as pipeline_stale
    from (
        select account_id, planned_on, planned_dkk, activity_status = 'EXPECTED' and coalesce(start_on < as_of - 60, false) as is_stale
        from {{ ref('stg_expected') }} as expected cross join today
        where not is_fictive
        union all
        select account_id, planned_on, -planned_dkk, false
        from {{ ref('int_payment') }} as payment
    ) as both_reports
    cross join today
    where planned_on > as_of and {{ year_of('planned_on') }} = this_year
    group by 1, 2
),
spill as (
    select this_year as fiscal_year, posting.account_id, sum(matched.amount_dkk) as spill_out
    from {{ ref('int_matched') }} as matched
    inner join {{ ref('stg_posting') }} as posting using (posting_id)
    inner join {{ ref('stg_granted') }} as granted using (payment_no)
    cross join today
    where posting.fiscal_year = this_year and {{ year_of('granted.planned_on') }} < this_year
    group by 1, 2
),
joined as (
    select
        fiscal_year, account_id,
        coalesce(budget_original, 0) as budget_original,
        coalesce(budget_supplementary, 0) as budget_supplementary,
        coalesce(budget_corrected, 0) as budget_corrected,
        coalesce(actual_to_date, 0) as actual_to_date,
        coalesce(actual_expenditure, 0) as actual_expenditure,
        coalesce(actual_income, 0) as actual_income,
        coalesce(accrued_unposted, 0) as accrued_unposted,
        coalesce(committed_remaining, 0) as committed_remaining,
        coalesce(committed_internal, 0) as committed_internal,
        coalesce(committed_next_year, 0) as committed_next_year,
        coalesce(pipeline_expected, 0) as pipeline_expected,
        coalesce(pipeline_stale, 0) as pipeline_stale,
        coalesce(spill_out, 0) as spill_out,
        coalesce(payments, 0) > 0 as has_granted_payment,
        round(coalesce(actual_closed, 0) * 12 / periods, 2) as forecast_straight_line
    from {{ ref('stg_budget') }} as budget
    full join actual using (fiscal_year, account_id)
    full join commitment using (fiscal_year, account_id)
    full join pipeline using (fiscal_year, account_id)
    left join spill using (fiscal_year, account_id)
    left join closed using (fiscal_year)
),
methods as (
    select
        *,
        actual_to_date + accrued_unposted + committed_remaining - spill_out as forecast_commitment,
        actual_to_date + accrued_unposted + committed_remaining - spill_out + pipeline_expected as forecast_activity
    from joined
),
forecast as (
    select
        *,
        case
            when fiscal_year < (select this_year from today) then actual_to_date
            when has_granted_payment or forecast_straight_line is null then forecast_activity
            else forecast_straight_line
        end as forecast
    from methods
)
select
    *,
    forecast - budget_corrected as expected_overrun,
    case when budget_corrected > 0 then (forecast - budget_corrected) * 100 / budget_corrected end as expected_overrun_pct
from forecast
