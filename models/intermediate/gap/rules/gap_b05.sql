-- B05: the course is only expected, though it should have started some days ago (threshold). A single payment has no
-- start: the day it is planned for counts. One gap a course.
with

{{ gap_rule('B05') }},

expected as (

    select
        payment.course_id,
        min(payment.planned_on) as first_planned_on,
        cast(sum(payment.planned_dkk) filter (where payment.planned_on <= {{ as_of() }}) as decimal(18, 2)) as amount_dkk
    from {{ ref('fct_course_payment') }} as payment
    where payment.is_current
        and not payment.is_fictive
    group by payment.course_id

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
    coalesce(expected.amount_dkk, 0) as amount_dkk,
    coalesce(course.start_on, expected.first_planned_on) as occurred_on,
    'Forløbet skulle være startet ' || {{ date_da('coalesce(course.start_on, expected.first_planned_on)') }}
        || ', men er kun forventet. Planlagt til og med i dag: ' || {{ dkk_da('coalesce(expected.amount_dkk, 0)') }} as text_da

from {{ ref('dim_course') }} as course

cross join rule

left join expected
    on course.course_id = expected.course_id

where course.status = 'EXPECTED'
    and course.is_current
    and coalesce(course.start_on, expected.first_planned_on) <= {{ as_of() }} - rule.threshold_days
