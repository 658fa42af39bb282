-- A04: the case system says paid, and the ledger does not: a payment marked as paid with no posting, some days (threshold)
-- after the end of its service month, in months that the ledger deliveries cover. A payment that one of the supplier's
-- unexplained postings may stand for is A02's or not told apart; what stands beyond the plan on other payments of the
-- course is a payment that the cascade put there. Own institutions are A14, fictive payments never. One gap a course.
with

{{ gap_rule('A04') }},

cover as (

    select * from {{ ref('int_gap__ledger_cover') }}

),

{{ beyond_plan_of_courses() }},

marked_paid as (

    select payment.*

    from {{ ref('fct_course_payment') }} as payment

    cross join rule

    cross join cover

    where payment.paid_on is not null
        and payment.is_current
        and not payment.is_fictive
        and payment.planned_dkk > 0
        and payment.allocated_dkk = 0
        and not payment.is_internal
        and last_day(payment.planned_month) + rule.threshold_days <= cover.covered_until
        and least(payment.planned_on, payment.paid_on) >= cover.covered_from

),

{{ explained_elsewhere('marked_paid') }},

unpaid as (

    select
        marked_paid.course_id,
        min(marked_paid.planned_on) as first_on,
        max(marked_paid.planned_on) as last_on,
        count(*) as payments,
        cast(sum(marked_paid.planned_dkk) - coalesce(min(beyond_plan.amount_dkk), 0) as decimal(18, 2)) as amount_dkk

    from marked_paid

    anti join explained_elsewhere
        on marked_paid.course_payment_id = explained_elsewhere.course_payment_id

    left join beyond_plan
        on marked_paid.course_id = beyond_plan.course_id

    group by marked_paid.course_id

    having sum(marked_paid.planned_dkk) > coalesce(min(beyond_plan.amount_dkk), 0)

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
    'Markeret betalt i BOS, men ikke fundet i regnskabet: betalinger planlagt ' || {{ date_da('unpaid.first_on') }}
        || ' til ' || {{ date_da('unpaid.last_on') }} || ' (betalinger: ' || unpaid.payments || ', i alt '
        || {{ dkk_da('unpaid.amount_dkk') }} || ').' as text_da

from unpaid

inner join {{ ref('dim_course') }} as course
    on unpaid.course_id = course.course_id

cross join rule
