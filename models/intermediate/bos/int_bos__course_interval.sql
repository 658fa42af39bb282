-- The union of the intervals of a course's activities: islands that neither overlap nor touch, so that no day counts
-- twice. An open end counts up to the as-of date; an activity that ends before it starts has no days (finding C02).
with

activity as (

    select
        course_id,
        start_on,
        coalesce(end_on, {{ as_of() }}) as end_on
    from {{ ref('int_bos__activity') }}
    where start_on is not null
        and coalesce(end_on, {{ as_of() }}) >= start_on

)

{{ merge_intervals('activity', ['course_id']) }}
