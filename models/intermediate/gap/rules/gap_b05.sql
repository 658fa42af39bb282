-- B05: the course is only expected, though it should have started some days ago (threshold). A single payment has no
-- start: the day it is planned for counts. One gap a course.
with

{{ gap_rule('B05') }},

first_payment as (

    select course_id, min(planned_on) as first_planned_on
    from {{ ref('fct_course_payment') }}
    where is_current
    group by course_id

),

course as (

    select
        course.*,
        coalesce(course.start_on, first_payment.first_planned_on) as should_start_on
    from {{ ref('dim_course') }} as course
    left join first_payment
        on course.course_id = first_payment.course_id
    where course.status = 'EXPECTED'
        and course.is_current

),

{{ planned_of('course', 'flagged.should_start_on', as_of()) }}

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
    coalesce(planned.amount_dkk, 0) as amount_dkk,
    course.should_start_on as occurred_on,
    'Forløbet skulle være startet ' || {{ date_da('course.should_start_on') }}
        || ', men er kun forventet (planlagt siden da: '
        || {{ dkk_da('coalesce(planned.amount_dkk, 0)') }} || ').' as text_da

from course

cross join rule

left join planned
    on course.course_id = planned.course_id

where course.should_start_on <= {{ as_of() }} - rule.threshold_days
