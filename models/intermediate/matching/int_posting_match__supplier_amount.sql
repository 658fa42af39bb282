-- The supplier, the service month and the amount on another account than the plan's: a candidate for a wrong account.
with

{{ open_for_matching('supplier_amount') }},

{{ months_of_postings(var('match_window_days')) }},

pair as (

    select
        posting.posting_id,
        payment.course_payment_id,
        posting.amount_dkk,
        payment.is_met,
        {{ child_hint('posting', 'payment') }} as child_hint,
        {{ paid_gap('posting', 'payment') }} as paid_gap,
        payment.status <> 'GRANTED' or not payment.is_current as is_second_choice,
        abs(date_diff('month', payment.planned_month, posting.posted_on) - 1) as month_gap,
        abs(posting.amount_dkk - payment.planned_dkk) as amount_gap
    from posting_month as posting
    inner join payment
        on posting.supplier_no = payment.supplier_no
        and posting.month = payment.planned_month
    where coalesce(posting.child_count, 1) = 1
        and {{ same_amount('posting', 'payment') }}
        and not payment.is_met

),

candidate as (

    select * from pair where child_hint < 2

),

{{ assign_matches(
    ['child_hint', 'paid_gap', 'month_gap', 'amount_gap', 'is_second_choice'],
    'case when child_hint = 0 then 0.80 else 0.70 end'
) }}

{{ whole_matches('supplier_amount') }}
