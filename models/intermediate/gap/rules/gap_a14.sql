-- A14: a planned payment to an own institution fell due some days ago (threshold), and no internal settlement on its
-- account in the month stands for it: none is matched to it, and the unit has none on the account that no other payment
-- explains. Fictive payments never. One gap a course.
with

{{ gap_rule('A14') }},

cover as (

    select * from {{ ref('int_gap__ledger_cover') }}

),

due as (

    select payment.*

    from {{ ref('fct_course_payment') }} as payment

    cross join rule

    cross join cover

    where payment.is_internal
        and payment.status = 'GRANTED'
        and payment.is_current
        and not payment.is_fictive
        and payment.planned_dkk > 0
        and payment.allocated_dkk = 0
        and payment.planned_on >= cover.covered_from
        and payment.planned_on < cover.covered_until - rule.threshold_days

),

{{ explained_elsewhere('due', same_account=true) }},

unsettled as (

    select
        due.course_id,
        min(due.planned_on) as first_on,
        max(due.planned_on) as last_on,
        count(*) as payments,
        cast(sum(due.planned_dkk) as decimal(18, 2)) as amount_dkk
    from due
    anti join explained_elsewhere
        on due.course_payment_id = explained_elsewhere.course_payment_id
    group by due.course_id

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
    unsettled.amount_dkk,
    unsettled.first_on as occurred_on,
    'Ingen intern afregning for planlagte betalinger fra ' || {{ date_da('unsettled.first_on') }} || ' til '
        || {{ date_da('unsettled.last_on') }} || ' (betalinger: ' || unsettled.payments || ', i alt '
        || {{ dkk_da('unsettled.amount_dkk') }} || ').' as text_da

from unsettled

inner join {{ ref('dim_course') }} as course
    on unsettled.course_id = course.course_id

cross join rule
