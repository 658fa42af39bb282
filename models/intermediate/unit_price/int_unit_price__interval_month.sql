-- The days of a course, month by month: its intervals cut at the turns of the months. An end such as 9999-12-31 must
-- not become 96,000 rows, so that nothing lies outside the calendar of dim_date.
{%- set first_on = "date '" ~ var('calendar_first_on', '2015-01-01') ~ "'" %}
{%- set last_on = "date '" ~ var('calendar_last_on', '2040-12-31') ~ "'" %}
with

course_interval as (

    select
        course_id,
        greatest(start_on, {{ first_on }}) as start_on,
        least(end_on, {{ last_on }}) as end_on
    from {{ ref('int_bos__course_interval') }}
    where start_on <= {{ last_on }}
        and end_on >= {{ first_on }}

),

course_interval_month as (

    select
        *,
        {{ months_between('start_on', 'end_on') }} as month
    from course_interval

)

select
    course_id,
    month,
    greatest(start_on, month) as start_on,
    least(end_on, last_day(month)) as end_on
from course_interval_month
