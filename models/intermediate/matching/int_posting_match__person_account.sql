-- Person and account. Payroll lines carry the payee, cash lines the child: each is compared with its own kind.
with

{{ open_for_matching('person_account') }},

{{ months_of_postings(var('match_person_window_days')) }},

pair as (

    select
        {{ pair_columns() }},
        {{ paid_gap('posting', 'payment') }} as paid_gap,
        abs(posting.posted_on - payment.expected_on) as day_gap,
        abs(posting.amount_dkk - payment.left_dkk) as amount_gap
    from posting_month as posting
    inner join payment
        on posting.person_method = payment.payment_method
        and posting.person_key = payment.person_key
        and posting.month = payment.planned_month
        and {{ same_account('posting', 'payment') }}
    -- an own contribution meets a credit, a payment a debit
    where sign(posting.amount_dkk) = sign(coalesce(nullif(payment.planned_dkk, 0), posting.amount_dkk))

),

{{ dealt_out('pair') }},

candidate as (

    select
        *,
        amount_gap - min(amount_gap) over (partition by posting_id)
        > {{ match_tolerance('planned_dkk') }} as is_amount_off
    from dealt

),

{{ assign_matches(
    ['is_amount_off', 'paid_gap', 'amount_gap', 'order_gap', 'day_gap'], '0.95 / twins', candidates='twins'
) }}

{{ whole_matches('person_account') }}
