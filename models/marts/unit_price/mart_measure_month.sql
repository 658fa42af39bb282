-- Children per measure, month by month: how many years of children, how many on average, who came and who left.
{%- set first_on = "date '" ~ var('calendar_first_on', '2015-01-01') ~ "'" %}
with

measure_interval as (

    select
        *,
        greatest(start_on, {{ first_on }}) as from_on,
        least(end_on, {{ as_of() }}) as until_on
    from {{ ref('int_unit_price__measure_interval') }}
    where end_on >= {{ first_on }}

),

interval_month as (

    select
        *,
        {{ months_between('from_on', 'until_on') }} as month
    from measure_interval
    where from_on <= until_on

),

counted as (

    select
        month,
        activity_no,
        count(distinct child_key) as children,
        sum(least(until_on, last_day(month)) - greatest(from_on, month) + 1) as child_days,
        count(*) filter (where start_on >= month) as entries,
        count(*) filter (where end_on <= last_day(month)) as exits,
        count(*) filter (where end_on > last_day(month)) as children_at_end
    from interval_month
    where last_day(month) <= {{ as_of() }}
    group by month, activity_no

)

select
    month,
    activity_no,
    coalesce(month >= {{ covered_from() }}, false) as is_covered,
    children,
    cast(child_days as bigint) as child_days,
    {{ divide('child_days', 'dayofyear(make_date(year(month), 12, 31))', 6) }} as full_year_persons,
    {{ divide('child_days', 'day(last_day(month))', 4) }} as average_number,
    entries,
    exits,
    children_at_end
from counted
