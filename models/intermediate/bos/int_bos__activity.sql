-- The activities that can be told apart in the newest delivery that has a course: course x start x end x status.
-- The report names no activity, only its dates, so that two activities of a chain with equal dates are one.
with

payment as (

    select * from {{ ref('stg_bos__course_payment') }}

),

newest as (

    select course_id, max(extract_date) as extract_date from payment group by course_id

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
    and payment.extract_date = newest.extract_date

group by payment.course_id, payment.start_on, payment.end_on, payment.activity_status, payment.extract_date
