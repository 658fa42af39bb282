-- The days that two granted main courses of one child both have, as intervals, the one that began first before the
-- other. Private: pairs of a child.
with

course as (

    select
        course.course_id,
        course.child_key,
        course.start_on,
        span.start_on as from_on,
        span.end_on as until_on
    from {{ ref('int_bos__course') }} as course
    inner join {{ ref('int_bos__course_span') }} as span
        on course.course_id = span.course_id
    where {{ is_running_commitment('course') }}
        and course.course_type = 'MAIN'
        and course.child_key is not null

)

select
    earlier.course_id,
    later.course_id as other_course_id,
    earlier.child_key,
    greatest(earlier.from_on, later.from_on) as from_on,
    least(earlier.until_on, later.until_on) as until_on

from course as earlier

inner join course as later
    on earlier.child_key = later.child_key
    and (earlier.start_on, earlier.course_id) < (later.start_on, later.course_id)
    and earlier.from_on <= later.until_on
    and later.from_on <= earlier.until_on
