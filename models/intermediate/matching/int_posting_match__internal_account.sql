-- Internal settlement: the unit, the account, the month and the amount; there is no supplier number and no reference.
with

{{ open_for_matching('internal_account') }},

{{ months_of_postings(var('match_window_days'), whole_lines=true) }},

candidate as (

    select
        posting.posting_id,
        payment.course_payment_id,
        posting.amount_dkk,
        payment.is_met,
        {{ paid_gap('posting', 'payment') }} as paid_gap,
        case
            when posting.service_month is not null then 0
            else abs(date_diff('month', payment.planned_month, posting.posted_on) - 1)
        end as month_gap,
        abs(posting.amount_dkk - payment.planned_dkk) as amount_gap
    from posting_month as posting
    inner join payment
        on posting.supplier_no = payment.supplier_no
        and posting.month = payment.planned_month
        and {{ same_account('posting', 'payment') }}
    where posting.is_internal
        and payment.payment_method = 'INTERNAL'
        and {{ same_amount('posting', 'payment') }}

),

{{ assign_matches(['paid_gap', 'month_gap', 'amount_gap'], '0.90') }}

{{ whole_matches('internal_account') }}
