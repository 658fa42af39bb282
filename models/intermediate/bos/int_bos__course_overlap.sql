-- Pairs of granted main courses of one child that overlap, the one that began first before the other. Days count at
-- both ends, up to the as-of date, no day twice. Private: pairs of a child.
with

overlap as (

    select
        course_id,
        other_course_id,
        min(from_on) as overlap_from,
        max(least(until_on, {{ as_of() }})) as overlap_until,
        sum(least(until_on, {{ as_of() }}) - from_on + 1) as overlap_days
    from {{ ref('int_bos__course_overlap_interval') }}
    where from_on <= {{ as_of() }}
    group by course_id, other_course_id

)

select
    overlap.course_id,
    overlap.other_course_id,
    earlier.section_id,
    later.section_id as other_section_id,
    earlier.activity_no,
    later.activity_no as other_activity_no,
    coalesce(
        earlier.section_id = later.section_id
        and earlier.activity_no = later.activity_no
        and (earlier.provider_id = later.provider_id or earlier.price_dkk = later.price_dkk),
        false
    ) as is_alike,
    earlier.start_on = later.start_on as is_same_start,
    overlap.overlap_from,
    overlap.overlap_until,
    overlap.overlap_days

from overlap

inner join {{ ref('int_bos__course') }} as earlier
    on overlap.course_id = earlier.course_id

inner join {{ ref('int_bos__course') }} as later
    on overlap.other_course_id = later.course_id
