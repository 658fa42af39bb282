-- The courses by which a child is helped, as intervals, and whether and how the child is placed by them. A course that
-- is still open lasts to the calendar's end. Private: with the child's key.
with

course as (

    select * from {{ ref('int_unit_price__course') }}

),

section as (

    select * from {{ ref('stg_reference__section') }}

),

placement_type as (

    select * from {{ ref('stg_reference__placement_type') }}

),

birth as (

    select
        course_id,
        child_birth_on
    from {{ ref('int_bos__course') }}

)

select
    course.course_id,
    course.child_key,
    birth.child_birth_on,
    coalesce(section.is_placement, false) as is_placement,
    case
        when section.is_placement then coalesce(placement_type.placement_type, 'Andet anbringelsessted')
    end as placement_type,
    course_interval.start_on,
    case
        when course.ended_on is null and course_interval.end_on >= {{ as_of() }} then {{ open_end() }}
        else course_interval.end_on
    end as end_on

from {{ ref('int_bos__course_interval') }} as course_interval

inner join course
    on course_interval.course_id = course.course_id

inner join birth
    on course.course_id = birth.course_id

left join section
    on course.section_id = section.section_id

left join placement_type
    on course.activity_no = placement_type.activity_no

where course.is_counted
