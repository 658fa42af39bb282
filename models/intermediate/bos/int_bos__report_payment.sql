-- The payments of both reports as the newest delivery that covers their date tells them, with the account of the
-- chart. Grain: report x course x planned date. Two activities of one chain on one day are one payment.
with

payment as (

    select payment.*
    from {{ ref('stg_bos__course_payment') }} as payment
    inner join {{ ref('int_bos__delivery_window') }} as delivery_window
        on payment.source_system = delivery_window.source_system
        and payment.extract_date = delivery_window.extract_date
        and coalesce(payment.paid_on, payment.planned_on) >= delivery_window.true_from
        and coalesce(payment.paid_on, payment.planned_on) < delivery_window.true_before

),

account as (

    select * from {{ ref('int_account__resolved') }}

),

with_account as (

    select
        payment.*,
        coalesce(account.account_id, 'UKENDT') as account_id
    from payment
    left join account
        on payment.source_account is not distinct from account.source_account
        and payment.section_id is not distinct from account.section_id
        and payment.main_activity_no is not distinct from account.main_activity_no

)

select
    report,
    course_id,
    planned_on,
    course_id || '/' || strftime(planned_on, '%Y-%m-%d') as course_payment_id,
    max(extract_date) as extract_date,
    -- what is fictive is no money beside what is real
    cast(coalesce(sum(planned_dkk) filter (where is_fictive is distinct from true), sum(planned_dkk)) as decimal(18, 2))
        as planned_dkk,
    max(paid_on) as paid_on,
    cast(sum(paid_dkk) as decimal(18, 2)) as paid_dkk,
    bool_and(is_fictive) as is_fictive,
    min(activity_status) as activity_status,
    max(account_id) as account_id,
    max(source_account) as source_account,
    max(payment_frequency) as payment_frequency,
    max(payment_cost_type) as payment_cost_type,
    max(price_per_unit_dkk) as price_per_unit_dkk,
    cast(
        case
            when bool_and(is_fictive) then sum(units)
            else sum(units) filter (where is_fictive is distinct from true)
        end as decimal(18, 4)
    ) as units,
    min(start_on) as start_on,
    max(end_on) as end_on
from with_account
group by report, course_id, planned_on
