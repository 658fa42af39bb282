-- The split over service months neither loses nor makes an øre or a unit: per course, the months sum to its payments.
with

by_month as (

    select
        course_id,
        sum(units) as units,
        sum(planned_dkk) as planned_dkk,
        sum(expected_planned_dkk) as expected_planned_dkk,
        sum(paid_dkk) as paid_dkk,
        sum(posted_dkk) as posted_dkk
    from {{ ref('fct_course_month') }}
    group by course_id

),

payment as (

    select
        *,
        is_current and not coalesce(is_fictive, false) as is_money
    from {{ ref('fct_course_payment') }}

),

by_payment as (

    select
        course_id,
        sum(units) filter (where is_money and granted_dkk is not null) as units,
        coalesce(sum(granted_dkk) filter (where is_money), 0) as planned_dkk,
        coalesce(sum(expected_dkk) filter (where is_money and status = 'EXPECTED'), 0) as expected_planned_dkk,
        coalesce(sum(paid_dkk), 0) as paid_dkk,
        coalesce(sum(allocated_dkk), 0) as posted_dkk
    from payment
    group by course_id

)

select by_payment.course_id
from by_payment
left join by_month
    on by_payment.course_id = by_month.course_id
where by_month.units is distinct from by_payment.units
    or by_month.planned_dkk is distinct from by_payment.planned_dkk
    or by_month.expected_planned_dkk is distinct from by_payment.expected_planned_dkk
    or by_month.paid_dkk is distinct from by_payment.paid_dkk
    or by_month.posted_dkk is distinct from by_payment.posted_dkk
