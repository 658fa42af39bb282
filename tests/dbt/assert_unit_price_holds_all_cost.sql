-- The cost of a month in mart_unit_price is all planned, all paid and all posted cost of its service month, to the øre;
-- its days are the days of the courses that count. What others pay is all in it, too, and so are planned income and what
-- is on hold.
with

priced as (

    select
        month,
        sum(cost_total_dkk) as planned_dkk,
        sum(cost_paid_dkk) as paid_dkk,
        sum(cost_posted_dkk) as posted_dkk,
        sum(course_days) as course_days,
        sum(cost_contribution_dkk) as planned_income_dkk,
        sum(cost_on_hold_dkk) as on_hold_dkk,
        sum(income_inter_municipal_dkk) as inter_municipal_dkk,
        sum(income_refund_dkk) as refund_dkk,
        sum(income_parents_dkk) as parents_dkk
    from {{ ref('mart_unit_price') }}
    group by month

),

service_month as (

    select
        course_month.month,
        sum(course_month.planned_dkk) as planned_dkk,
        sum(course_month.paid_planned_dkk) as paid_dkk,
        sum(course_month.posted_planned_dkk) as posted_dkk,
        sum(course_month.planned_income_dkk) as planned_income_dkk,
        sum(case when course.is_counted then course_month.course_days else 0 end) as course_days
    from {{ ref('fct_course_month') }} as course_month
    inner join {{ ref('int_unit_price__course') }} as course
        on course_month.course_id = course.course_id
    where last_day(course_month.month) <= {{ as_of() }}
    group by course_month.month

),

income as (

    select
        month,
        sum(inter_municipal_dkk) as inter_municipal_dkk,
        sum(refund_dkk) as refund_dkk,
        sum(parents_dkk) as parents_dkk
    from {{ ref('int_unit_price__income') }}
    where last_day(month) <= {{ as_of() }}
    group by month

),

on_hold as (

    select
        month,
        sum(on_hold_dkk) as on_hold_dkk
    from {{ ref('int_unit_price__on_hold') }}
    where last_day(month) <= {{ as_of() }}
    group by month

)

select
    month,
    priced.planned_dkk as priced_planned_dkk,
    service_month.planned_dkk,
    priced.paid_dkk as priced_paid_dkk,
    service_month.paid_dkk,
    priced.posted_dkk as priced_posted_dkk,
    service_month.posted_dkk,
    priced.course_days as priced_course_days,
    service_month.course_days
from priced
full join service_month using (month)
full join income using (month)
full join on_hold using (month)
where coalesce(priced.planned_dkk, 0) <> coalesce(service_month.planned_dkk, 0)
    or coalesce(priced.paid_dkk, 0) <> coalesce(service_month.paid_dkk, 0)
    or coalesce(priced.posted_dkk, 0) <> coalesce(service_month.posted_dkk, 0)
    or coalesce(priced.course_days, 0) <> coalesce(service_month.course_days, 0)
    or coalesce(priced.inter_municipal_dkk, 0) <> coalesce(income.inter_municipal_dkk, 0)
    or coalesce(priced.refund_dkk, 0) <> coalesce(income.refund_dkk, 0)
    or coalesce(priced.parents_dkk, 0) <> coalesce(income.parents_dkk, 0)
    or coalesce(priced.planned_income_dkk, 0) <> coalesce(service_month.planned_income_dkk, 0)
    or coalesce(priced.on_hold_dkk, 0) <> coalesce(on_hold.on_hold_dkk, 0)
