-- A06: what is posted on a course for a planned month lies outside the tolerance: the larger of a share of the plan
-- and an amount, the activity's own where it has one that is not the case system's default. Only where something is
-- posted (nothing at all is A03). Too little is only said when every invoice for the month could be in (threshold:
-- days after the month's end, of the ledger deliveries); too much at once. Double payments are A10 and left out;
-- postings on deleted payments are A08's, on expected courses A15's. One gap a course and month.
with

{{ gap_rule('A06') }},

cover as (

    select * from {{ ref('int_gap__ledger_cover') }}

),

double_payment as (

    select
        match.course_payment_id,
        sum(match.allocated_dkk) as double_dkk
    from {{ ref('fct_posting_match') }} as match
    semi join {{ ref('int_gap__double_payment') }} as paid_twice
        on match.posting_id = paid_twice.posting_id
    group by match.course_payment_id

),

course_month as (

    select
        payment.course_id,
        payment.planned_month,
        cast(sum(payment.planned_dkk) as decimal(18, 2)) as planned_dkk,
        cast(sum(payment.allocated_dkk - coalesce(double_payment.double_dkk, 0)) as decimal(18, 2)) as posted_dkk
    from {{ ref('fct_course_payment') }} as payment
    left join double_payment
        on payment.course_payment_id = double_payment.course_payment_id
    where payment.status = 'GRANTED'
        and payment.is_current
        and not payment.is_fictive
    group by payment.course_id, payment.planned_month
    having bool_or(payment.allocated_dkk <> 0)

),

activity as (

    select * from {{ ref('stg_reference__activity') }}

),

-- an activity list that repeats the case system's default has set nothing
own_tolerance as (

    select activity.*
    from activity
    anti join (select * from activity where is_tolerance_default) as by_default
        on activity.tolerance_pct = by_default.tolerance_pct
        and activity.tolerance_dkk = by_default.tolerance_dkk

)

select
    rule.rule_id,
    course_month.course_id || '|' || strftime(course_month.planned_month, '%Y-%m') as business_key,
    rule.severity,
    course_month.course_id,
    cast(null as varchar) as posting_id,
    course.account_id,
    course.team_id,
    course.provider_id,
    cast(null as varchar) as document_no,
    cast(abs(course_month.posted_dkk - course_month.planned_dkk) as decimal(18, 2)) as amount_dkk,
    course_month.planned_month as occurred_on,
    'For ' || {{ month_da('course_month.planned_month') }} || ' er der bogført ' || {{ dkk_da('course_month.posted_dkk') }}
        || ' mod planlagt ' || {{ dkk_da('course_month.planned_dkk') }} || ' (afvigelse '
        || {{ dkk_da('course_month.posted_dkk - course_month.planned_dkk') }} || ').' as text_da

from course_month

inner join {{ ref('dim_course') }} as course
    on course_month.course_id = course.course_id

cross join rule

cross join cover

left join own_tolerance
    on course.activity_no = own_tolerance.activity_no

where abs(course_month.posted_dkk - course_month.planned_dkk) > greatest(
    abs(course_month.planned_dkk) * coalesce(own_tolerance.tolerance_pct, rule.threshold_pct) / 100,
    coalesce(own_tolerance.tolerance_dkk, rule.threshold_dkk)
)
    and (
        course_month.posted_dkk > course_month.planned_dkk
        or last_day(course_month.planned_month) + rule.threshold_days <= cover.covered_until
    )
