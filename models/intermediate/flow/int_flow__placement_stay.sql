-- Where a placed child is, one type a day: of placements that overlap, the one that began last. What is registered
-- without an end does not hide where the child went, and a short stay elsewhere leads back to where it came from.
-- Private: with the child's key.
with

placement as (

    select * from {{ ref('int_flow__child_course') }}
    where is_placement

),

-- nothing changes between two of these days
turning_day as (

    select
        child_key,
        start_on as on_day
    from placement
    union
    select
        child_key,
        end_on + 1 as on_day
    from placement

),

stretch as (

    select
        child_key,
        on_day as start_on,
        lead(on_day) over (partition by child_key order by on_day) - 1 as end_on
    from turning_day

),

placed as (

    select
        stretch.child_key,
        placement.placement_type,
        stretch.start_on,
        stretch.end_on
    from stretch
    inner join placement
        on stretch.child_key = placement.child_key
        and stretch.start_on between placement.start_on and placement.end_on
    qualify row_number() over (
        partition by stretch.child_key, stretch.start_on
        order by placement.start_on desc, placement.course_id desc
    ) = 1

)

{{ merge_intervals('placed', ['child_key', 'placement_type']) }}
