-- The days on which a child has a measure, as intervals without a gap: another provider, section or grant of the same
-- measure is no new entry. A course that is still open lasts to the calendar's end. Private: with the child's key.
{%- set last_on = "date '" ~ var('calendar_last_on', '2040-12-31') ~ "'" %}
with

measure_course as (

    select
        course.activity_no,
        course.child_key,
        course_interval.start_on,
        case
            when course.ended_on is null and course_interval.end_on >= {{ as_of() }} then {{ last_on }}
            else course_interval.end_on
        end as end_on
    from {{ ref('int_bos__course_interval') }} as course_interval
    inner join {{ ref('int_unit_price__course') }} as course
        on course_interval.course_id = course.course_id
    where course.is_counted

)

{{ merge_intervals('measure_course', ['activity_no', 'child_key']) }}
