-- A06: what is posted on a course for a planned month lies outside the tolerance: the larger of a share of the plan
-- and an amount, the activity's own where it has one that is not the case system's default. Only where something is
-- posted (nothing at all is A03). Too little is only said when every invoice for the month could be in (threshold:
-- days after the month's end, of the ledger deliveries); too much at once. A posting that repeats another is A10's or
-- pays for another month, one beyond the plan has no course (A02); an unpaid wage or cash payment is A03's; postings on
-- deleted payments are A08's, on expected courses A15's. Of months before the ledger's first period only too
-- much can be seen. One gap a course and month.
with

{{ gap_rule('A06') }},

cover as (

    select * from {{ ref('int_gap__ledger_cover') }}

),

payment as (

    select
        payment.course_id,
        payment.planned_month,
        payment.planned_dkk,
        coalesce(posted.posted_dkk - posted.displaced_dkk, 0) as posted_dkk
    from {{ ref('fct_course_payment') }} as payment
    left join {{ ref('int_gap__posted_payment') }} as posted
        on payment.course_payment_id = posted.course_payment_id
    where payment.status = 'GRANTED'
        and payment.is_current
        and not payment.is_fictive

),

course_month as (

    select
        payment.course_id,
        payment.planned_month,
        cast(sum(payment.planned_dkk) as decimal(18, 2)) as planned_dkk,
        cast(sum(payment.posted_dkk) as decimal(18, 2)) as posted_dkk
    from payment
    inner join {{ ref('dim_course') }} as course
        on payment.course_id = course.course_id
    where payment.posted_dkk <> 0
        or course.payment_method not in ('SD', 'CASH')
    group by payment.course_id, payment.planned_month
    having bool_or(payment.posted_dkk <> 0)

),

default_tolerance as (

    select distinct
        tolerance_pct,
        tolerance_dkk
    from {{ ref('stg_reference__activity') }}
    where is_tolerance_default

),

-- an activity list that repeats the case system's default has set nothing
own_tolerance as (

    select activity.*
    from {{ ref('stg_reference__activity') }} as activity
    anti join default_tolerance
        on activity.tolerance_pct = default_tolerance.tolerance_pct
        and activity.tolerance_dkk = default_tolerance.tolerance_dkk

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
    'For ' || {{ month_da('course_month.planned_month') }}
        || ' er der bogført ' || {{ dkk_da('course_month.posted_dkk') }}
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
        or (
            course_month.planned_month >= cover.covered_from
            and last_day(course_month.planned_month) + rule.threshold_days <= cover.covered_until
        )
    )
