-- A03: granted payments that fell due and that nobody has been paid for. Of an invoiced course: nothing at all is
-- posted on it, or the postings stopped (its last due payments, over two planned months or more, have none: a service
-- that goes on in the case system only); one month left out in the middle is no gap of its own, invoices come together.
-- Of wages and cash, which the case system itself sends out with the payment's id: any due payment; one that is
-- entered afterwards is never picked up. Due means planned so long ago (threshold) that the ledger deliveries would
-- have brought the invoice. What stands beyond the plan on other payments of the course is a late payment that the
-- cascade put there. Own institutions are A14, fictive payments never. One gap a course.
with

{{ gap_rule('A03') }},

cover as (

    select * from {{ ref('int_gap__ledger_cover') }}

),

course as (

    select
        *,
        payment_method in ('SD', 'CASH') as is_paid_by_case_system
    from {{ ref('dim_course') }} as course
    where {{ is_running_commitment('course') }}
        and course.recipient_type <> 'INTERNAL'

),

posted as (

    select
        course_id,
        max(planned_on) as last_planned_on,
        sum(greatest(allocated_dkk - planned_dkk, 0)) as beyond_plan_dkk
    from {{ ref('fct_course_payment') }}
    where allocated_dkk <> 0
    group by course_id

),

unpaid as (

    select
        course.course_id,
        min(payment.planned_on) as first_on,
        max(payment.planned_on) as last_on,
        count(*) as payments,
        cast(sum(payment.planned_dkk) - coalesce(min(posted.beyond_plan_dkk), 0) as decimal(18, 2)) as amount_dkk

    from course

    inner join {{ ref('fct_course_payment') }} as payment
        on course.course_id = payment.course_id

    cross join cover

    cross join rule

    left join posted
        on course.course_id = posted.course_id

    where payment.status = 'GRANTED'
        and payment.is_current
        and not payment.is_fictive
        and payment.planned_dkk > 0
        and payment.allocated_dkk = 0
        and payment.planned_on <= cover.covered_until - rule.threshold_days
        -- cash for the first days of a month leaves in the month before
        and least(payment.planned_on, payment.paid_on) >= cover.covered_from
        and (course.is_paid_by_case_system or posted.course_id is null or payment.planned_on > posted.last_planned_on)

    group by course.course_id, course.is_paid_by_case_system

    having sum(payment.planned_dkk) > coalesce(min(posted.beyond_plan_dkk), 0)
        and (
            course.is_paid_by_case_system
            or min(posted.course_id) is null
            or min(payment.planned_month) < max(payment.planned_month)
        )

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
    unpaid.amount_dkk,
    unpaid.first_on as occurred_on,
    'Intet er bogført for planlagte betalinger fra ' || {{ date_da('unpaid.first_on') }} || ' til '
        || {{ date_da('unpaid.last_on') }} || ' (betalinger: ' || unpaid.payments || ', i alt '
        || {{ dkk_da('unpaid.amount_dkk') }} || ').' as text_da

from unpaid

inner join course
    on unpaid.course_id = course.course_id

cross join rule
