-- The days on which a child has a place with one of the municipality's own institutions, as intervals within the month:
-- a child with two courses there takes one place. Private: with the child's key.
with

internal_day as (

    select
        interval_month.month,
        course.provider_id,
        course.child_key,
        interval_month.start_on,
        interval_month.end_on
    from {{ ref('int_unit_price__interval_month') }} as interval_month
    inner join {{ ref('int_unit_price__course') }} as course
        on interval_month.course_id = course.course_id
    where course.is_counted
        and course.is_internal

)

{{ merge_intervals('internal_day', ['month', 'provider_id', 'child_key']) }}
