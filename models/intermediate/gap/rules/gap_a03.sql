-- A03: a granted course that nobody has been paid for. Either nothing at all is posted on it, or the postings stopped:
-- its last due payments, two planned months of them or more, have none (service that goes on in the case system only).
-- Due means planned so long ago (threshold) that the ledger deliveries would have brought the invoice; what fell
-- due before the first ledger period is out of sight. One month left out in the middle is a deviation (A06), not this.
-- Own institutions are A14, fictive payments never. One gap a course.
with

{{ gap_rule('A03') }},

cover as (

    select * from {{ ref('int_gap__ledger_cover') }}

),

payment as (

    select
        payment.course_id,
        payment.planned_on,
        payment.planned_month,
        payment.planned_dkk,
        payment.allocated_dkk,
        payment.status = 'GRANTED'
        and payment.is_current
        and not payment.is_fictive
        and payment.planned_dkk > 0
        and payment.planned_on <= cover.covered_until - rule.threshold_days
        -- cash for the first days of a month leaves in the month before
        and coalesce(payment.paid_on, payment.planned_on) >= cover.covered_from as is_due,
        max(payment.planned_on) filter (where payment.allocated_dkk <> 0) over (partition by payment.course_id) as last_posted_for

    from {{ ref('fct_course_payment') }} as payment

    cross join cover

    cross join rule

),

unpaid as (

    select
        course_id,
        min(planned_on) as unpaid_from,
        max(planned_on) as unpaid_until,
        count(*) as payments,
        cast(sum(planned_dkk) as decimal(18, 2)) as amount_dkk
    from payment
    where is_due
        and planned_on > coalesce(last_posted_for, date '0001-01-01')
    group by course_id
    having min(last_posted_for) is null or min(planned_month) < max(planned_month)

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
    unpaid.unpaid_from as occurred_on,
    'Intet er bogført for planlagte betalinger fra ' || {{ date_da('unpaid.unpaid_from') }} || ' til '
        || {{ date_da('unpaid.unpaid_until') }} || ' (betalinger: ' || unpaid.payments || ', i alt '
        || {{ dkk_da('unpaid.amount_dkk') }} || ').' as text_da

from unpaid

inner join {{ ref('dim_course') }} as course
    on unpaid.course_id = course.course_id

cross join rule

where {{ is_running_commitment('course') }}
    and course.recipient_type <> 'INTERNAL'
