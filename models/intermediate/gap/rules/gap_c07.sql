-- C07: the course starts more than some days (threshold: a year) ahead: the year is most likely mistyped. One gap a
-- course.
with

{{ gap_rule('C07') }},

course as (

    select course.*
    from {{ ref('dim_course') }} as course
    cross join rule
    where course.is_current
        and course.start_on > {{ as_of() }} + rule.threshold_days

),

{{ planned_of('course', 'flagged.start_on', "date '9999-12-31'") }}

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
    course.start_on as occurred_on,
    'Forløbet starter først ' || {{ date_da('course.start_on') }} || ', mere end ' || rule.threshold_days
        || ' dage ude i fremtiden.' as text_da

from course

cross join rule

left join planned
    on course.course_id = planned.course_id
