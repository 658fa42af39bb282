-- C02: an activity of the course ends before it starts. One gap a course, told by the first such activity.
with

{{ gap_rule('C02') }},

reversed as (

    select
        course_id,
        min(start_on) as start_on,
        arg_min(end_on, (start_on, end_on)) as end_on
    from {{ ref('int_bos__activity') }}
    where end_on < start_on
    group by course_id

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
    cast(0 as decimal(18, 2)) as amount_dkk,
    reversed.start_on as occurred_on,
    'Slutdato ' || {{ date_da('reversed.end_on') }} || ' ligger før startdato '
        || {{ date_da('reversed.start_on') }} || '.' as text_da

from reversed

inner join {{ ref('dim_course') }} as course
    on reversed.course_id = course.course_id
    and course.is_current

cross join rule
