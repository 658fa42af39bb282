-- B02: a granted course that the previous month-end delivery did not have began in a period that is closed at the as-of
-- date: what it plans in closed periods moves a month that was already reported. Over some money (escalation) it is an
-- error. What the first delivery of all brought was in no report. One event a course.
with

{{ gap_rule('B02') }},

{{ closed_month() }},

appeared as (

    select course.*
    from {{ ref('dim_course') }} as course
    inner join {{ ref('int_bos__compared_delivery') }} as compared
        on course.source_system = compared.source_system
        and course.first_seen_on > compared.previous_on
    inner join closed_month
        on date_trunc('month', course.start_on) = closed_month.month
    where {{ is_running_commitment('course') }}

),

moved as (

    select
        payment.course_id,
        min(payment.planned_month) as first_month,
        max(payment.planned_month) as last_month,
        cast(sum(payment.planned_dkk) as decimal(18, 2)) as amount_dkk
    from {{ ref('fct_course_payment') }} as payment
    inner join closed_month
        on payment.planned_month = closed_month.month
    where payment.is_current
        and not payment.is_fictive
    group by payment.course_id

)

select
    rule.rule_id,
    appeared.course_id as business_key,
    case when moved.amount_dkk > rule.escalation_dkk then rule.severity_escalated else rule.severity end as severity,
    appeared.course_id,
    cast(null as varchar) as posting_id,
    appeared.account_id,
    appeared.team_id,
    appeared.provider_id,
    cast(null as varchar) as document_no,
    moved.amount_dkk,
    appeared.start_on as occurred_on,
    'Forløbet startede ' || {{ date_da('appeared.start_on') }} || ' i en lukket periode og kom først med i leverancen '
        || {{ date_da('appeared.first_seen_on') }} || '; det lægger ' || {{ dkk_da('moved.amount_dkk') }}
        || ' til lukkede perioder (' || {{ month_da('moved.first_month') }} || ' - '
        || {{ month_da('moved.last_month') }} || ').' as text_da

from appeared

inner join moved
    on appeared.course_id = moved.course_id
    and moved.amount_dkk <> 0

cross join rule
