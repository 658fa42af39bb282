-- The courses as unit prices see them: the row's key without NULLs, and whether the course's days count. Private.
with

course as (

    select
        *,
        coalesce(course_type = 'MAIN', false) as is_main
    from {{ ref('int_bos__course') }}

),

duration as (

    select
        course_id,
        min(start_on) as started_on,
        max(end_on) as last_day_on,
        sum(end_on - start_on + 1) as duration_days
    from {{ ref('int_bos__course_interval') }}
    group by course_id

)

select
    course.course_id,
    course.appropriation_id,
    course.is_main,
    -- a fictive course has no money, so that its days would only make the others look cheap
    course.is_main
    and course.status = 'GRANTED'
    and course.is_current
    and not coalesce(course.is_fictive, false) as is_counted,
    coalesce(course.section_id, 'Ukendt') as section_id,
    -- follow-up cost belongs to the appropriation's main activity
    coalesce(case when course.is_main then course.activity_no else course.main_activity_no end, 'Ukendt') as activity_no,
    coalesce(course.provider_id, 'Ukendt') as provider_id,
    coalesce(course.target_group, 'Ukendt') as target_group,
    coalesce(course.recipient_type = 'INTERNAL', false) as is_internal,
    -- a child that is not known is nobody else's either
    coalesce(course.child_key, 'course:' || course.course_id) as child_key,
    course.child_birth_key,
    duration.started_on,
    case when not course.is_open_ended then duration.last_day_on end as ended_on,
    cast(coalesce(duration.duration_days, 0) as bigint) as duration_days

from course

left join duration
    on course.course_id = duration.course_id
