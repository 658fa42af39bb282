-- The supplier (one CVR or one name), the account, the service month and the amount within the case system's own
-- tolerance. A hint at another child rules a course out; a planned 0 compares with any amount.
with

{{ open_for_matching('supplier_account_amount') }},

{{ months_of_postings(var('match_window_days'), whole_lines=true) }},

candidate as (

    select
        posting.posting_id,
        payment.course_payment_id,
        posting.amount_dkk,
        payment.is_met,
        {{ paid_gap('posting', 'payment') }} as paid_gap,
        -- the very amount before one within the tolerance
        least(
            abs(posting.amount_dkk - payment.planned_dkk), abs(posting.amount_dkk - coalesce(payment.paid_dkk, payment.planned_dkk))
        ) > {{ var('match_tolerance_dkk') }} as is_amount_off,
        {{ child_hint('posting', 'payment') }} as child_hint,
        payment.status <> 'GRANTED' or not payment.is_current as is_second_choice,
        case
            when posting.service_month is not null then 0
            -- an invoice comes the month after
            else abs(date_diff('month', payment.planned_month, posting.posted_on) - 1)
        end as month_gap,
        case when payment.planned_dkk = 0 then abs(posting.amount_dkk) else abs(posting.amount_dkk - payment.planned_dkk) end as amount_gap
    from posting_month as posting
    inner join payment
        on posting.supplier_no = payment.supplier_no
        and posting.month = payment.planned_month
        and {{ same_account('posting', 'payment') }}
    where payment.payment_method = 'INVOICE'
        and coalesce(posting.child_count, 1) = 1
        and (payment.planned_dkk = 0 or {{ same_amount('posting', 'payment') }})
        and {{ child_hint('posting', 'payment') }} < 2

),

{{ assign_matches(['child_hint', 'is_amount_off', 'paid_gap', 'month_gap', 'amount_gap', 'is_second_choice'],
    'case when child_hint = 0 then 0.95 else 0.85 end'
) }}

{{ whole_matches('supplier_account_amount') }}
