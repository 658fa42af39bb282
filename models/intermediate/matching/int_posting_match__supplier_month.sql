-- What is left: the supplier, the account and the month have one posting and one payment, and no other. The amounts
-- differ by more than the tolerance: hours, a typing error, an implausible price of the plan. A text that names another
-- child rules the pair out; a text without a month is not enough.
with

{{ open_for_matching('supplier_month') }},

pair as (

    select
        posting.posting_id,
        payment.course_payment_id,
        posting.amount_dkk,
        {{ child_hint('posting', 'payment') }} as child_hint,
        count(*) over (partition by posting.posting_id) as payments,
        count(*) over (partition by payment.course_payment_id) as postings
    from posting
    inner join payment
        on posting.supplier_no = payment.supplier_no
        and posting.service_month = payment.planned_month
        and {{ same_account('posting', 'payment') }}
    where coalesce(posting.child_count, 1) = 1
        and not payment.is_met
        -- an own contribution meets a credit, a payment a debit
        and sign(posting.amount_dkk) = sign(coalesce(nullif(payment.planned_dkk, 0), posting.amount_dkk))
        and {{ child_hint('posting', 'payment') }} < 2
        -- marked as paid for another time
        and {{ paid_gap('posting', 'payment') }} <> 200

),

result as (

    select
        posting_id,
        course_payment_id,
        amount_dkk,
        case when child_hint = 0 then 0.75 else 0.60 end as confidence,
        1 as candidates
    from pair
    where payments = 1
        and postings = 1

)

{{ whole_matches('supplier_month') }}
