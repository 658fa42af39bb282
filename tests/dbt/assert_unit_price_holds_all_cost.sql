-- The cost of a month in mart_unit_price is all planned, and all posted, cost of its service month, to the øre; its
-- days are the days of the courses that count.
with

priced as (

    select
        month,
        sum(cost_total_dkk) as planned_dkk,
        sum(cost_posted_dkk) as posted_dkk,
        sum(course_days) as course_days
    from {{ ref('mart_unit_price') }}
    group by month

),

service_month as (

    select
        course_month.month,
        sum(course_month.planned_dkk) as planned_dkk,
        sum(course_month.posted_planned_dkk) as posted_dkk,
        sum(case when course.is_counted then course_month.course_days else 0 end) as course_days
    from {{ ref('fct_course_month') }} as course_month
    inner join {{ ref('int_unit_price__course') }} as course
        on course_month.course_id = course.course_id
    where last_day(course_month.month) <= {{ as_of() }}
    group by course_month.month

)

select
    month,
    priced.planned_dkk as priced_planned_dkk,
    service_month.planned_dkk,
    priced.posted_dkk as priced_posted_dkk,
    service_month.posted_dkk,
    priced.course_days as priced_course_days,
    service_month.course_days
from priced
full join service_month using (month)
where coalesce(priced.planned_dkk, 0) <> coalesce(service_month.planned_dkk, 0)
    or coalesce(priced.posted_dkk, 0) <> coalesce(service_month.posted_dkk, 0)
    or coalesce(priced.course_days, 0) <> coalesce(service_month.course_days, 0)
