-- The payments of courses with what the ledger has allocated to them.
with

payment as (

    select * from {{ ref('int_bos__course_payment') }}

),

course as (

    select * from {{ ref('int_bos__course') }}

),

allocated as (

    select
        course_payment_id,
        sum(allocated_dkk) as allocated_dkk
    from {{ ref('fct_posting_match') }}
    where course_payment_id is not null
    group by course_payment_id

)

select
    payment.course_payment_id,
    payment.course_id,
    payment.planned_on,
    cast(date_trunc('month', payment.planned_on) as date) as planned_month,
    payment.status,
    payment.is_current,
    payment.is_fictive,
    course.recipient_type = 'INTERNAL' as is_internal,
    payment.account_id,
    payment.payment_frequency,
    payment.payment_cost_type,
    payment.price_per_unit_dkk,
    payment.units,
    payment.planned_dkk,
    payment.granted_dkk,
    payment.expected_dkk,
    payment.paid_on,
    payment.paid_dkk,
    cast(coalesce(allocated.allocated_dkk, 0) as decimal(18, 2)) as allocated_dkk,
    {{ left_of_payment('payment.planned_dkk', 'coalesce(allocated.allocated_dkk, 0)') }} as left_dkk

from payment

inner join course
    on payment.course_id = course.course_id

left join allocated
    on payment.course_payment_id = allocated.course_payment_id
