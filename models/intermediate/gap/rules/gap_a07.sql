-- A07: what is posted on a course in all is more than is granted to date, by more than the tolerance (a share, and an
-- amount below which nobody acts). Compared are the payments that the ledger can tell of: those planned since its first
-- period, and earlier ones that something is posted on. Doubles are A10's, postings on deleted payments A08's, expected
-- courses A15's. One gap a course.
with

{{ gap_rule('A07') }},

cover as (

    select * from {{ ref('int_gap__ledger_cover') }}

),

course_total as (

    select
        payment.course_id,
        cast(sum(payment.planned_dkk) as decimal(18, 2)) as granted_dkk,
        cast(sum(coalesce(posted.posted_dkk, 0)) as decimal(18, 2)) as posted_dkk,
        min(payment.planned_on) filter (where posted.posted_dkk > payment.planned_dkk) as first_over_on

    from {{ ref('fct_course_payment') }} as payment

    cross join cover

    left join {{ ref('int_gap__posted_payment') }} as posted
        on payment.course_payment_id = posted.course_payment_id

    where payment.status = 'GRANTED'
        and payment.is_current
        and not payment.is_fictive
        and (
            posted.posted_dkk <> 0
            or payment.planned_on between cover.covered_from and {{ as_of() }}
        )

    group by payment.course_id

    -- a course of own contributions has nothing to exceed
    having sum(payment.planned_dkk) >= 0

)

select
    rule.rule_id,
    course.course_id as business_key,
    rule.severity,
    course.course_id,
    cast(null as varchar) as posting_id,
    course.account_id,
    course.team_id,
    course.provider_id,
    cast(null as varchar) as document_no,
    cast(course_total.posted_dkk - course_total.granted_dkk as decimal(18, 2)) as amount_dkk,
    course_total.first_over_on as occurred_on,
    'Bogført i alt ' || {{ dkk_da('course_total.posted_dkk') }} || ' mod bevilget til dato '
        || {{ dkk_da('course_total.granted_dkk') }} || ' (for meget: '
        || {{ dkk_da('course_total.posted_dkk - course_total.granted_dkk') }} || ').' as text_da

from course_total

inner join {{ ref('dim_course') }} as course
    on course_total.course_id = course.course_id

cross join rule

where course_total.posted_dkk - course_total.granted_dkk
    > greatest(course_total.granted_dkk * rule.threshold_pct / 100, rule.threshold_dkk)
