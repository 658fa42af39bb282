-- Granted payments that an earlier delivery had and the newest has not: setting an end date deletes what follows it,
-- paid payments too. Kept as the last delivery that had them told them; they are history, never money to come.
with

earlier as (

    select
        payment.course_id,
        payment.planned_on,
        payment.extract_date,
        payment.source_system,
        payment.main_activity_no,
        payment.section_id,
        payment.source_account,
        payment.planned_dkk,
        payment.paid_on,
        payment.paid_dkk,
        payment.is_fictive,
        payment.payment_frequency,
        payment.payment_cost_type,
        payment.price_per_unit_dkk,
        payment.units,
        payment.start_on,
        payment.end_on
    from {{ ref('stg_bos__course_payment') }} as payment
    inner join {{ ref('int_bos__delivery_window') }} as delivery_window
        on payment.source_system = delivery_window.source_system
        and payment.extract_date = delivery_window.extract_date
    where payment.report = 'granted'
        and not delivery_window.is_newest
        -- a payment that was still to come when it was deleted is nothing to look for in the ledger
        and payment.planned_on <= {{ as_of() }}
    qualify row_number() over (
        partition by payment.course_id, payment.planned_on order by payment.extract_date desc, payment.planned_dkk desc
    ) = 1

),

effective as (

    select course_id, planned_on from {{ ref('int_bos__report_payment') }}

)

select
    earlier.extract_date,
    earlier.course_id,
    earlier.planned_on,
    earlier.planned_dkk,
    earlier.paid_on,
    earlier.paid_dkk,
    earlier.is_fictive,
    earlier.source_account,
    earlier.payment_frequency,
    earlier.payment_cost_type,
    earlier.price_per_unit_dkk,
    earlier.units,
    earlier.start_on,
    earlier.end_on,
    earlier.course_id || '/' || strftime(earlier.planned_on, '%Y-%m-%d') as course_payment_id,
    coalesce(account.account_id, 'UKENDT') as account_id

from earlier

anti join effective
    on earlier.course_id = effective.course_id
    and earlier.planned_on = effective.planned_on

left join {{ ref('int_account__resolved') }} as account
    on earlier.source_account is not distinct from account.source_account
    and earlier.section_id is not distinct from account.section_id
    and earlier.main_activity_no is not distinct from account.main_activity_no
