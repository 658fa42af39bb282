-- A03: granted payments that fell due and that nobody has been paid for. Of an invoiced course: nothing at all is
-- posted on it, the postings stopped (its last due payments, over two planned months or more, have none: a service
-- that goes on in the case system only), or some months in a row (threshold) have none; one month left out in the
-- middle is no gap of its own, invoices come together. Of wages and cash, which the case system itself sends out with
-- the payment's id: any due payment; one that is entered afterwards is never picked up. Due means planned so long ago
-- (threshold) that the ledger deliveries would have brought the invoice, and granted so long ago. A payment that an
-- invoice which could not be told apart may stand for counts as posted; what stands beyond the plan on other payments
-- of the course is a late payment that the cascade put there. Marked as paid is A04, own institutions are A14,
-- fictive payments never. One gap a course.
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

{{ beyond_plan_of_courses() }},

last_posted as (

    select
        course_id,
        max(planned_on) as planned_on
    from {{ ref('fct_course_payment') }}
    where allocated_dkk <> 0
    group by course_id

),

due as (

    select
        payment.*,
        course.is_paid_by_case_system

    from {{ ref('fct_course_payment') }} as payment

    inner join course
        on payment.course_id = course.course_id

    cross join cover

    cross join rule

    where payment.status = 'GRANTED'
        and payment.is_current
        and not payment.is_fictive
        and payment.planned_dkk > 0
        and payment.planned_on between cover.covered_from and cover.covered_until - rule.threshold_days
        -- nobody invoices a course that is granted afterwards before the grant
        and (
            course.is_paid_by_case_system
            or coalesce(course.first_granted_on, payment.planned_on) <= cover.covered_until - rule.threshold_days
        )

),

{{ explained_elsewhere('due', kinds=['ambiguous'], same_account=true) }},

judged as (

    select
        due.*,
        due.allocated_dkk = 0 and due.paid_on is null and explained_elsewhere.course_payment_id is null as is_unpaid
    from due
    left join explained_elsewhere
        on due.course_payment_id = explained_elsewhere.course_payment_id

),

-- unpaid payments in a row
stretch as (

    select
        course_id,
        is_paid_by_case_system,
        min(planned_on) as first_on,
        max(planned_on) as last_on,
        count(*) as payments,
        count(distinct planned_month) as months,
        sum(planned_dkk) as amount_dkk
    from (
        select
            *,
            row_number() over (partition by course_id order by planned_on)
            - row_number() over (partition by course_id, is_unpaid order by planned_on) as island_no
        from judged
    ) as numbered
    where is_unpaid
    group by course_id, is_paid_by_case_system, island_no

),

unpaid as (

    select
        stretch.course_id,
        min(stretch.first_on) as first_on,
        max(stretch.last_on) as last_on,
        sum(stretch.payments) as payments,
        cast(sum(stretch.amount_dkk) - coalesce(min(beyond_plan.amount_dkk), 0) as decimal(18, 2)) as amount_dkk

    from stretch

    cross join rule

    left join last_posted
        on stretch.course_id = last_posted.course_id

    left join beyond_plan
        on stretch.course_id = beyond_plan.course_id

    where stretch.is_paid_by_case_system
        or last_posted.course_id is null
        or (stretch.first_on > last_posted.planned_on and stretch.months > 1)
        or stretch.months >= rule.threshold_count

    group by stretch.course_id

    having sum(stretch.amount_dkk) > coalesce(min(beyond_plan.amount_dkk), 0)

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
