-- The days on which a child has at least one course of a row of mart_unit_price, as intervals: two courses of one
-- child on one day are one child day. Private: with the child's key.
{%- set row_key = ['month', 'section_id', 'activity_no', 'provider_id', 'target_group', 'child_key'] %}
with

course_day as (

    select
        interval_month.month,
        course.section_id,
        course.activity_no,
        course.provider_id,
        course.target_group,
        course.child_key,
        interval_month.start_on,
        interval_month.end_on
    from {{ ref('int_unit_price__interval_month') }} as interval_month
    inner join {{ ref('int_unit_price__course') }} as course
        on interval_month.course_id = course.course_id
    where course.is_counted

)

{{ merge_intervals('course_day', row_key) }}
