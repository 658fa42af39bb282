-- The days of a course as it is planned: the union of its activities' intervals, an open end lasting to the calendar's
-- end, so that the days to come count too. int_bos__course_interval has those of an open end up to the as-of date.
{%- set last_on = "date '" ~ var('calendar_last_on', '2040-12-31') ~ "'" %}
with

activity as (

    select
        course_id,
        start_on,
        coalesce(end_on, {{ last_on }}) as end_on
    from {{ ref('int_bos__activity') }}
    where start_on is not null
        and coalesce(end_on, {{ last_on }}) >= start_on

)

{{ merge_intervals('activity', ['course_id']) }}
