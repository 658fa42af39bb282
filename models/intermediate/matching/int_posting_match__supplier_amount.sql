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
        {{ amount_class('posting', 'payment') }} as amount_class,
        {{ paid_gap('posting', 'payment') }} as paid_gap,
        payment.status <> 'GRANTED' or not payment.is_current as is_second_choice,
        {{ lag_gap('posting', 'payment') }} as lag_gap,
        abs(posting.amount_dkk - payment.planned_dkk) as amount_gap,
        not payment.is_course_in_use as is_unused
    from posting_month as posting
    inner join payment
        on posting.supplier_no = payment.supplier_no
        and posting.month = payment.planned_month
    where coalesce(posting.child_count, 1) = 1
        and {{ amount_class('posting', 'payment') }} is not null
        and not {{ is_doubtful('posting', 'payment') }}
        -- on another account a near amount, or a payment that is met (it was reposted), needs a text or a mark for it
        and (
            not payment.is_met and {{ amount_class('posting', 'payment') }} < 2
            or ({{ child_hint('posting', 'payment') }} = 0 or {{ paid_gap('posting', 'payment') }} < 100)
            and (not payment.is_met or posting.account_id <> payment.account_id)
            and ({{ amount_class('posting', 'payment') }} = 0 or not payment.is_met)
        )

),

candidate as (

    select * from pair where child_hint < 2

),

{{ assign_matches(
    ['child_hint', 'amount_class', 'paid_gap', 'lag_gap', 'amount_gap', 'is_second_choice', 'is_unused'],
    'case when child_hint = 0 then 0.80 else 0.70 end'
) }}

{{ whole_matches('supplier_amount') }}
