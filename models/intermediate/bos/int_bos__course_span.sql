-- The days of a course as it is planned: its intervals, and a course that is still open lasts to the calendar's end.
{%- set last_on = "date '" ~ var('calendar_last_on', '2040-12-31') ~ "'" %}
select
    course_interval.course_id,
    course_interval.start_on,
    case
        when course.is_open_ended and course_interval.end_on >= {{ as_of() }} then greatest({{ last_on }}, course_interval.end_on)
        else course_interval.end_on
    end as end_on

from {{ ref('int_bos__course_interval') }} as course_interval

inner join {{ ref('int_bos__course') }} as course
    on course_interval.course_id = course.course_id
