-- What the forecast is made of, line by line: each posting's parts, each granted payment's remainder, each payment of the
-- pipeline; with the account and course that carry it and the month that it is for.
with

run as (

    select
        as_of,
        cast(year(as_of) as integer) as this_year,
        make_date(year(as_of), 12, 31) as year_end_on
    from {{ ref('stg_control__run') }}

),

posting as not materialized (

    select
        posting.posting_id,
        posting.fiscal_year,
        posting.account_id,
        posting.amount_dkk,
        posting.is_income,
        coalesce(period.is_closed, false) as is_closed,
        -- what opens or closes a year stands in its first or last month, whenever it was posted
        coalesce(
            posting.service_month, make_date(posting.fiscal_year, least(greatest(posting.period_no, 1), 12), 1)
        ) as month
    from {{ ref('fct_posting') }} as posting
    cross join run
    left join {{ ref('int_ledger__period') }} as period
        on posting.fiscal_year = period.fiscal_year
        and posting.period_no = period.period_no
    where not posting.is_balance
        and posting.posted_on <= run.as_of

),

allocated as (

    select
        match.posting_id,
        match.course_id,
        match.allocated_dkk,
        payment.planned_on,
        payment.planned_month
    from {{ ref('fct_posting_match') }} as match
    inner join {{ ref('fct_course_payment') }} as payment
        on match.course_payment_id = payment.course_payment_id

),

-- what courses took of a posting, and what is left for nobody
posting_part as (

    select
        posting.* exclude (month),
        allocated.course_id,
        allocated.planned_month as month,
        allocated.allocated_dkk as part_dkk,
        posting.fiscal_year = run.this_year
        and allocated.planned_on < make_date(run.this_year, 1, 1) as is_spill
    from posting
    cross join run
    inner join allocated
        on posting.posting_id = allocated.posting_id

    union all by name

    select
        posting.*,
        cast(null as varchar) as course_id,
        posting.amount_dkk - coalesce(taken.allocated_dkk, 0) as part_dkk,
        false as is_spill
    from posting
    left join (
        select
            posting_id,
            sum(allocated_dkk) as allocated_dkk
        from {{ ref('fct_posting_match') }}
        where course_payment_id is not null
        group by posting_id
    ) as taken
        on posting.posting_id = taken.posting_id

),

actual as (

    select
        fiscal_year,
        account_id,
        course_id,
        month,
        part_dkk as actual_to_date,
        case when not is_income then part_dkk end as actual_expenditure,
        case when is_income then part_dkk end as actual_income,
        case when is_closed then part_dkk end as actual_closed,
        case when is_spill then part_dkk end as spill_out
    from posting_part

),

covered_month as (

    select distinct month from {{ ref('int_ledger__period') }} where is_delivered and month is not null

),

ledger_end as (

    select max(month) as last_month from covered_month

),

{{ held_payments() }},

granted as (

    select
        payment.account_id,
        payment.course_id,
        payment.planned_month as month,
        payment.is_internal,
        payment.granted_dkk,
        payment.left_dkk,
        run.this_year as fiscal_year,
        held.course_payment_id is not null as is_held,
        year(payment.planned_on) = run.this_year as is_this_year,
        year(payment.planned_on) = run.this_year + 1 as is_next_year,
        payment.planned_on > run.as_of and payment.planned_on <= run.year_end_on as is_to_come,
        payment.planned_on <= run.as_of
        and payment.planned_on > run.as_of - {{ var('accrual_window_days') }}
        -- before the ledger's first period it would be a gap; what it has not reached yet is still to come
        and (covered_month.month is not null or payment.planned_month > ledger_end.last_month) as is_accrued
    from {{ ref('fct_course_payment') }} as payment
    cross join run
    cross join ledger_end
    left join covered_month
        on payment.planned_month = covered_month.month
    left join held
        on payment.course_payment_id = held.course_payment_id
    where payment.is_current
        and not payment.is_fictive
        and payment.granted_dkk is not null
        and year(payment.planned_on) between run.this_year - 1 and run.this_year + 1

),

commitment as (

    select
        fiscal_year,
        account_id,
        course_id,
        month,
        case when is_accrued and not is_held then left_dkk end as accrued_unposted,
        case when is_to_come and not is_held then left_dkk end as committed_remaining,
        case when is_to_come and is_internal and not is_held then left_dkk end as committed_internal,
        case when is_next_year and not is_held then granted_dkk end as committed_next_year,
        case when (is_accrued or is_to_come) and is_held then left_dkk end as price_hold_dkk,
        is_this_year as has_granted_payment
    from granted

),

pipeline as (

    select
        run.this_year as fiscal_year,
        pipeline.account_id,
        pipeline.course_id,
        pipeline.expected_course_id,
        cast(date_trunc('month', pipeline.planned_on) as date) as month,
        case when not pipeline.is_stale and held.course_id is null then pipeline.amount_dkk end as pipeline_expected,
        case when pipeline.is_stale then pipeline.amount_dkk end as pipeline_stale,
        case when not pipeline.is_stale and held.course_id is not null then pipeline.amount_dkk end as price_hold_dkk
    from {{ ref('int_overrun__pipeline') }} as pipeline
    cross join run
    -- an adjustment takes along what it displaces, as a stale one does
    left join (select distinct course_id from held) as held
        on pipeline.expected_course_id = held.course_id
    where pipeline.planned_on > run.as_of
        and pipeline.planned_on <= run.year_end_on

),

line as (

    select * from actual
    union all by name
    select * from commitment
    union all by name
    select * from pipeline

)

select
    line.*,
    held.course_id is not null as is_held
from line
left join (select distinct course_id from held) as held
    on line.course_id = held.course_id
