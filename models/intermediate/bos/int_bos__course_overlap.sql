-- Pairs of granted main courses of one child that overlap, the one that began first before the other. Days count at
-- both ends, up to the as-of date, no day twice. Private: pairs of a child.
with

course as (

    select
        course.*,
        course_interval.start_on as from_on,
        least(course_interval.end_on, {{ as_of() }}) as until_on
    from {{ ref('int_bos__course') }} as course
    inner join {{ ref('int_bos__course_interval') }} as course_interval
        on course.course_id = course_interval.course_id
    where {{ is_running_commitment('course') }}
        and course.course_type = 'MAIN'
        and course.child_key is not null

)

select
    earlier.course_id,
    later.course_id as other_course_id,
    min(earlier.section_id) as section_id,
    min(later.section_id) as other_section_id,
    min(earlier.activity_no) as activity_no,
    min(later.activity_no) as other_activity_no,
    coalesce(
        min(earlier.section_id) = min(later.section_id)
        and min(earlier.activity_no) = min(later.activity_no)
        and (
            min(earlier.provider_id) = min(later.provider_id) or min(earlier.price_dkk) = min(later.price_dkk)
        ),
        false
    ) as is_alike,
    min(earlier.start_on) = min(later.start_on) as is_same_start,
    min(greatest(earlier.from_on, later.from_on)) as overlap_from,
    max(least(earlier.until_on, later.until_on)) as overlap_until,
    sum(least(earlier.until_on, later.until_on) - greatest(earlier.from_on, later.from_on) + 1) as overlap_days

from course as earlier

inner join course as later
    on earlier.child_key = later.child_key
    and (earlier.start_on, earlier.course_id) < (later.start_on, later.course_id)
    and earlier.from_on <= later.until_on
    and later.from_on <= earlier.until_on

group by earlier.course_id, later.course_id
