-- The activities that can be told apart: course x start x end x status. The report names no activity, only its dates;
-- an activity is known by its start, and its newest delivery tells its end. An activity whose payments have left the
-- newest window is told by the last delivery that was the truth for them, a deleted course by the last that had it.
with

payment as (

    select
        payment.*,
        coalesce(payment.paid_on, payment.planned_on) >= delivery_window.true_from
        and coalesce(payment.paid_on, payment.planned_on) < delivery_window.true_before as is_true
    from {{ ref('stg_bos__course_payment') }} as payment
    inner join {{ ref('int_bos__delivery_window') }} as delivery_window
        on payment.source_system = delivery_window.source_system
        and payment.extract_date = delivery_window.extract_date

),

newest as (

    select
        course_id,
        start_on,
        max(extract_date) filter (where is_true) as true_on,
        max(extract_date) as extract_date,
        bool_or(bool_or(is_true)) over (partition by course_id) as is_course_true
    from payment
    group by course_id, start_on

)

select
    payment.course_id,
    payment.start_on,
    payment.end_on,
    payment.activity_status,
    payment.extract_date,
    max(payment.appropriation_on) as appropriation_on,
    -- the activity as its last payment has it: the price in force longest
    arg_max(payment.price_per_unit_dkk, payment.planned_on) as price_per_unit_dkk,
    arg_max(payment.schedule_amount_dkk, payment.planned_on) as schedule_amount_dkk,
    arg_max(payment.units, payment.planned_on) as units,
    min(payment.planned_on) as first_planned_on,
    max(payment.planned_on) as last_planned_on

from payment

inner join newest
    on payment.course_id = newest.course_id
    and payment.start_on is not distinct from newest.start_on
    and payment.extract_date = case when newest.is_course_true then newest.true_on else newest.extract_date end

group by payment.course_id, payment.start_on, payment.end_on, payment.activity_status, payment.extract_date
