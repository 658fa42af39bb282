-- Internal settlement: the unit, the account, the month and the amount; there is no supplier number and no reference.
with

{{ open_for_matching('internal_account') }},

{{ months_of_postings(var('match_window_days'), whole_lines=true) }},

pair as (

    select
        {{ pair_columns() }},
        {{ amount_class('posting', 'payment') }} as amount_class,
        {{ paid_gap('posting', 'payment') }} as paid_gap,
        {{ lag_gap('posting', 'payment') }} as lag_gap,
        abs(posting.amount_dkk - payment.planned_dkk) as amount_gap,
        not payment.is_course_in_use as is_unused
    from posting_month as posting
    inner join payment
        on posting.supplier_no = payment.supplier_no
        and posting.month = payment.planned_month
        and {{ same_account('posting', 'payment') }}
    where posting.is_internal
        and payment.payment_method = 'INTERNAL'
        and {{ amount_class('posting', 'payment') }} is not null
        and not {{ is_doubtful('posting', 'payment') }}

),

{{ dealt_out('pair', name='candidate') }},

{{ assign_matches(['amount_class', 'paid_gap', 'lag_gap', 'amount_gap', 'is_unused', 'order_gap'], '0.90 / twins', candidates='twins') }}

{{ whole_matches('internal_account') }}
