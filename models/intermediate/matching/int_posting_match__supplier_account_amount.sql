-- The supplier (one CVR or one name), the account, the service month and the amount within the case system's own
-- tolerance. A hint at another child rules a course out; a planned 0 compares with any amount.
with

{{ open_for_matching('supplier_account_amount') }},

{{ months_of_postings(var('match_window_days'), whole_lines=true) }},

pair as (

    select
        {{ pair_columns() }},
        {{ paid_gap('posting', 'payment') }} as paid_gap,
        {{ amount_class('posting', 'payment') }} as amount_class,
        {{ child_hint('posting', 'payment') }} as child_hint,
        payment.status <> 'GRANTED' or not payment.is_current as is_second_choice,
        {{ lag_gap('posting', 'payment') }} as lag_gap,
        abs(posting.amount_dkk - payment.planned_dkk) as amount_gap,
        not payment.is_course_in_use as is_unused
    from posting_month as posting
    inner join payment
        on posting.supplier_no = payment.supplier_no
        and posting.month = payment.planned_month
        and {{ same_account('posting', 'payment') }}
    where payment.payment_method = 'INVOICE'
        and coalesce(posting.child_count, 1) = 1
        and {{ amount_class('posting', 'payment') }} is not null
        and {{ child_hint('posting', 'payment') }} < 2
        and not {{ is_doubtful('posting', 'payment') }}

),

{{ dealt_out('pair', name='candidate') }},

{{ assign_matches(['child_hint', 'amount_class', 'paid_gap', 'lag_gap', 'amount_gap', 'is_second_choice', 'is_unused', 'order_gap'],
    'case when child_hint = 0 then 0.95 else 0.85 end / twins', candidates='twins'
) }}

{{ whole_matches('supplier_account_amount') }}
