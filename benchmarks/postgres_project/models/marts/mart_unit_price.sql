with
course as (
    select distinct on (course_id)
        course_id, appropriation_id, is_main, is_internal, section_id, activity_no, provider_id, target_group
    from {{ ref('int_payment') }} as payment
    order by course_id, planned_on desc, payment_no desc
),
span as (
    select
        course_id,
        min(start_on) as start_on,
        max(coalesce(end_on, {{ as_of() }})) as end_on,
        bool_or(end_on is null) as is_open
    from {{ ref('int_payment') }} as payment
    where start_on is not null
    group by course_id
),
month as (
    select cast(generate_series(
        make_date({{ this_year() }} - 2, 1, 1),
        date_trunc('month', {{ as_of() }} + 1) - interval '1 month',
        interval '1 month'
    ) as date) as month
),
active as (
    select
        course_id, month, start_on, end_on, is_open,
        least(end_on, {{ last_day('month') }}) - greatest(start_on, month) + 1 as course_days
    from span
    cross join month
    where start_on <= {{ last_day('month') }} and end_on >= month
),
-- a week or a fortnight of service is split over its months by days; the øre that are left go to the last
served as (
    select
        course_id, planned_on, planned_dkk, posted_dkk, service_days,
        least(service_days, {{ last_day('planned_on') }} - planned_on + 1) as days
    from {{ ref('int_payment') }} as payment
),
split as (
    select
        *,
        0.01 * (cast(planned_dkk * 100 as bigint) * days / service_days) as first_planned,
        0.01 * (cast(posted_dkk * 100 as bigint) * days / service_days) as first_posted
    from served
),
money as (
    select course_id, month, sum(planned_dkk) as planned_dkk, sum(posted_dkk) as posted_dkk
    from (
        select course_id, {{ month_of('planned_on') }} as month, first_planned as planned_dkk, first_posted as posted_dkk
        from split
        union all
        select course_id, {{ month_of('planned_on + service_days - 1') }}, planned_dkk - first_planned, posted_dkk - first_posted
        from split
        where days < service_days
    ) as part
    where {{ last_day('month') }} <= {{ as_of() }}
    group by 1, 2
),
course_month as (
    select
        course.*, month,
        coalesce(course_days, 0) as course_days, start_on, end_on, is_open,
        coalesce(planned_dkk, 0) as planned_dkk,
        coalesce(posted_dkk, 0) as posted_dkk
    from (select * from active where course_id in (select course_id from course where is_main)) as active_main
    full join money using (course_id, month)
    inner join course using (course_id)
),
-- follow-up cost goes to the first active main course of its appropriation
carrier as (
    select appropriation_id, month, min(course_id) as course_id
    from course_month
    where is_main and course_days > 0
    group by 1, 2
),
follow_up as (
    select appropriation_id, month, carrier.course_id, planned_dkk, posted_dkk, section_id, activity_no, provider_id, target_group
    from course_month
    left join carrier using (appropriation_id, month)
    where not is_main
),
carried as (
    select course_id, month, sum(planned_dkk) as suppl_dkk, sum(posted_dkk) as suppl_posted_dkk
    from follow_up
    where course_id is not null
    group by 1, 2
),
member as (
    select
        month, section_id, activity_no, provider_id, target_group, false as is_unattached,
        course_days, start_on, end_on, is_open, is_internal, planned_dkk, posted_dkk,
        coalesce(suppl_dkk, 0) as suppl_dkk,
        coalesce(suppl_posted_dkk, 0) as suppl_posted_dkk
    from course_month
    left join carried using (course_id, month)
    where is_main
    union all
    select
        month, section_id, activity_no, provider_id, target_group, true,
        0, cast(null as date), cast(null as date), cast(null as boolean), false, 0, 0, planned_dkk, posted_dkk
    from follow_up
    where course_id is null
),
summed as (
    select
        month, section_id, activity_no, provider_id, target_group, is_unattached,
        count(*) filter (where course_days > 0) as active_courses,
        count(*) filter (where course_days > 0 and start_on >= month) as new_courses,
        count(*) filter (where course_days > 0 and not is_open and end_on <= {{ last_day('month') }}) as ended_courses,
        sum(course_days) as course_days,
        sum(planned_dkk) as cost_main_dkk,
        coalesce(sum(planned_dkk) filter (where is_internal), 0) as cost_internal_dkk,
        sum(suppl_dkk) as cost_suppl_dkk,
        sum(planned_dkk) + sum(suppl_dkk) as cost_total_dkk,
        sum(posted_dkk) + sum(suppl_posted_dkk) as cost_posted_dkk,
        avg(end_on - start_on + 1) filter (
            where course_days > 0 and not is_open and end_on <= {{ last_day('month') }}
        ) as avg_duration_days
    from member
    group by 1, 2, 3, 4, 5, 6
)
select
    *,
    course_days / extract(doy from make_date(cast({{ year_of('month') }} as integer), 12, 31)) as full_year_equivalents,
    cost_total_dkk / nullif(course_days, 0) as unit_price_day,
    cost_posted_dkk / nullif(course_days, 0) as unit_price_day_posted
from summed
