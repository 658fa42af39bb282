-- What a day, a unit and a year of a measure cost, month by month. Follow-up cost goes with the main courses of its
-- appropriation; what has none stands in rows of its own, so that the cost of a month is all of its cost.
{%- set row_key = ['month', 'section_id', 'activity_no', 'provider_id', 'target_group'] %}
with

course_month as (

    select
        course_month.month,
        course.*,
        case when course.is_counted then course_month.course_days else 0 end as course_days,
        course_month.units,
        course_month.planned_by_unit_dkk,
        course_month.planned_dkk,
        course_month.posted_planned_dkk as posted_dkk
    from {{ ref('fct_course_month') }} as course_month
    inner join {{ ref('int_unit_price__course') }} as course
        on course_month.course_id = course.course_id
    where last_day(course_month.month) <= {{ as_of() }}

),

-- the main courses of an appropriation one after the other: its follow-up cost is split over their days
active_main as (

    select
        course_id,
        appropriation_id,
        month,
        sum(course_days) over (partition by appropriation_id, month) as days_in_all,
        sum(course_days) over (
            partition by appropriation_id, month
            order by course_id
            rows between unbounded preceding and current row
        ) as days_through,
        days_through - course_days as days_before
    from course_month
    where course_days > 0

),

follow_up as (

    select
        appropriation_id,
        month,
        sum(planned_dkk) as planned_dkk,
        sum(posted_dkk) as posted_dkk
    from course_month
    where not is_main
    group by appropriation_id, month

),

attached as (

    select
        active_main.course_id,
        active_main.month,
        {%- for column in ['planned_dkk', 'posted_dkk'] %}
        {{ split_part('follow_up.' ~ column, 'days_before', 'days_through', 'days_in_all') }} as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from active_main
    inner join follow_up
        on active_main.appropriation_id = follow_up.appropriation_id
        and active_main.month = follow_up.month

),

unattached as (

    select course_month.*
    from course_month
    anti join active_main
        on course_month.appropriation_id = active_main.appropriation_id
        and course_month.month = active_main.month
    where not course_month.is_main

),

member as (

    select
        course_month.*,
        false as is_unattached,
        coalesce(attached.planned_dkk, 0) as suppl_dkk,
        coalesce(attached.posted_dkk, 0) as suppl_posted_dkk
    from course_month
    left join attached
        on course_month.course_id = attached.course_id
        and course_month.month = attached.month
    where course_month.is_main

    union all

    select
        * replace (
            null as units,
            0 as planned_by_unit_dkk,
            0 as planned_dkk,
            0 as posted_dkk
        ),
        true as is_unattached,
        planned_dkk as suppl_dkk,
        posted_dkk as suppl_posted_dkk
    from unattached

),

summed as (

    select
        {{ row_key | join(', ') }},
        is_unattached,
        count(*) filter (where course_days > 0) as active_courses,
        count(*) filter (where course_days > 0 and started_on >= month) as new_courses,
        count(*) filter (where course_days > 0 and ended_on <= last_day(month)) as ended_courses,
        sum(duration_days) filter (where course_days > 0 and ended_on <= last_day(month)) as ended_duration_days,
        sum(course_days) as course_days,
        sum(units) as units,
        sum(planned_by_unit_dkk) as cost_by_unit_dkk,
        sum(planned_dkk) as cost_main_dkk,
        coalesce(sum(planned_dkk) filter (where is_internal), 0) as cost_internal_dkk,
        sum(suppl_dkk) as cost_suppl_dkk,
        sum(planned_dkk + suppl_dkk) as cost_total_dkk,
        sum(posted_dkk + suppl_posted_dkk) as cost_posted_dkk
    from member
    where course_days > 0
        or planned_dkk <> 0
        or suppl_dkk <> 0
        or posted_dkk <> 0
        or suppl_posted_dkk <> 0
    group by {{ row_key | join(', ') }}, is_unattached

),

child_day as (

    select
        {{ row_key | join(', ') }},
        sum(end_on - start_on + 1) as child_days
    from {{ ref('int_unit_price__child_interval') }}
    group by {{ row_key | join(', ') }}

),

-- a report goes back to 1 January two years before its own year: earlier months have the days of the courses that
-- were still running then, and no money
coverage as (

    select max(covered_from) as covered_from
    from (
        select make_date(year(min(extract_date)) - 2, 1, 1) as covered_from
        from {{ ref('int_bos__delivery_window') }}
        group by source_system
    ) as source_coverage

),

final as (

    select
        summed.*,
        coalesce(child_day.child_days, 0) as child_days,
        dayofyear(make_date(year(summed.month), 12, 31)) as days_in_year,
        summed.month >= coverage.covered_from as is_covered,
        case when summed.month >= coverage.covered_from then summed.course_days end as priced_days
    from summed
    cross join coverage
    left join child_day
        on not summed.is_unattached
        {%- for column in row_key %}
        and summed.{{ column }} = child_day.{{ column }}
        {%- endfor %}

)

select
    {{ row_key | join(',\n    ') }},
    is_unattached,
    is_covered,
    active_courses,
    new_courses,
    ended_courses,
    cast(course_days as bigint) as course_days,
    {{ divide('course_days', 'days_in_year', 6) }} as full_year_equivalents,
    cast(child_days as bigint) as child_days,
    cast(units as decimal(18, 4)) as units,
    cast(cost_main_dkk as decimal(18, 2)) as cost_main_dkk,
    cast(cost_internal_dkk as decimal(18, 2)) as cost_internal_dkk,
    cast(cost_by_unit_dkk as decimal(18, 2)) as cost_by_unit_dkk,
    cast(cost_suppl_dkk as decimal(18, 2)) as cost_suppl_dkk,
    cast(cost_total_dkk as decimal(18, 2)) as cost_total_dkk,
    cast(cost_posted_dkk as decimal(18, 2)) as cost_posted_dkk,
    {{ divide('cost_total_dkk', 'priced_days', 4) }} as unit_price_day,
    {{ divide('cost_posted_dkk', 'priced_days', 4) }} as unit_price_day_posted,
    {{ divide('cost_by_unit_dkk', 'units', 4) }} as price_per_unit,
    {{ divide('units', 'active_courses', 4) }} as units_per_course,
    {{ divide('cost_total_dkk * days_in_year', 'priced_days') }} as unit_price_year,
    {{ divide('ended_duration_days', 'ended_courses') }} as avg_duration_days
from final
