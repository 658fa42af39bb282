-- Fiscal year x account x course: what the forecast of the running year is made of, and what was posted in each year.
-- The row without a course holds the postings that no course is known for, so that every ledger krone is in one row.
{%- set columns = [
    'actual_to_date', 'actual_expenditure', 'actual_income', 'actual_closed', 'accrued_unposted', 'committed_remaining',
    'committed_internal', 'committed_next_year', 'pipeline_expected', 'pipeline_stale', 'spill_out',
] %}
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
        posting.posting_id,
        posting.fiscal_year,
        posting.account_id,
        posting.amount_dkk,
        posting.is_income,
        coalesce(period.is_closed, false) as is_closed
    from {{ ref('fct_posting') }} as posting
    cross join run
    left join period
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
        payment.planned_on
    from {{ ref('fct_posting_match') }} as match
    inner join {{ ref('fct_course_payment') }} as payment
        on match.course_payment_id = payment.course_payment_id

),

-- a posting's parts: what courses took of it, and what is left for nobody
posting_part as (

    select
        posting.*,
        allocated.course_id,
        allocated.allocated_dkk as part_dkk,
        posting.fiscal_year = run.this_year
        and allocated.planned_on < make_date(run.this_year, 1, 1) as is_spill
    from posting
    cross join run
    inner join allocated
        on posting.posting_id = allocated.posting_id

    union all

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
        from allocated
        group by posting_id
    ) as taken
        on posting.posting_id = taken.posting_id

),

actual as (

    select
        fiscal_year,
        account_id,
        course_id,
        sum(part_dkk) as actual_to_date,
        sum(part_dkk) filter (where not is_income) as actual_expenditure,
        sum(part_dkk) filter (where is_income) as actual_income,
        sum(part_dkk) filter (where is_closed) as actual_closed,
        sum(part_dkk) filter (where is_spill) as spill_out
    from posting_part
    group by fiscal_year, account_id, course_id

),

covered_month as (

    select distinct month from period where is_delivered and month is not null

),

commitment as (

    select
        run.this_year as fiscal_year,
        payment.account_id,
        payment.course_id,
        sum(payment.left_dkk) filter (
            where payment.planned_on <= run.as_of
                and payment.planned_on > run.as_of - {{ var('accrual_window_days') }}
                and covered_month.month is not null
        ) as accrued_unposted,
        sum(payment.left_dkk) filter (
            where payment.planned_on > run.as_of and payment.planned_on <= run.year_end_on
        ) as committed_remaining,
        sum(payment.left_dkk) filter (
            where payment.planned_on > run.as_of and payment.planned_on <= run.year_end_on and payment.is_internal
        ) as committed_internal,
        sum(payment.granted_dkk) filter (where year(payment.planned_on) = run.this_year + 1) as committed_next_year,
        bool_or(year(payment.planned_on) = run.this_year) as has_granted_payment
    from {{ ref('fct_course_payment') }} as payment
    cross join run
    left join covered_month
        on payment.planned_month = covered_month.month
    where payment.is_current
        and not payment.is_fictive
        and payment.granted_dkk is not null
        and year(payment.planned_on) between run.this_year - 1 and run.this_year + 1
    group by run.this_year, payment.account_id, payment.course_id

),

pipeline as (

    select
        run.this_year as fiscal_year,
        pipeline.account_id,
        pipeline.course_id,
        sum(pipeline.amount_dkk) filter (where not pipeline.is_stale) as pipeline_expected,
        sum(pipeline.amount_dkk) filter (where pipeline.is_stale) as pipeline_stale
    from {{ ref('int_overrun__pipeline') }} as pipeline
    cross join run
    where pipeline.planned_on > run.as_of
        and pipeline.planned_on <= run.year_end_on
    group by run.this_year, pipeline.account_id, pipeline.course_id

),

part as (

    select * from actual
    union all by name
    select * from commitment
    union all by name
    select * from pipeline

)

select
    fiscal_year,
    account_id,
    course_id,
    {%- for column in columns %}
    cast(coalesce(sum({{ column }}), 0) as decimal(18, 2)) as {{ column }},
    {%- endfor %}
    coalesce(bool_or(has_granted_payment), false) as has_granted_payment
from part
group by fiscal_year, account_id, course_id
