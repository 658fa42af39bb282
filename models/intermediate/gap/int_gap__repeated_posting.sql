-- Postings that repeat another one. Either an invoice is posted again (same supplier, amount and number, or the number
-- with a letter or a digit added), or the plan of a payment is better met without the posting, and another one has the
-- same amount: the first is the line that names the month, of cash and wages the one nearest the day of payment, then the
-- earliest. Net of reversals and their reposts. No repetition: several lines of one invoice posted on one day (a line a
-- child); the parts of a split invoice; lines that name different service months. Where a payment of the same course
-- nearby is due and nobody has paid it, a further posting that does not name the month most likely is for that one: it
-- repeats, but is no double payment. Grain: posting.
with

invoiced as (

    select
        *,
        regexp_replace(invoice_no, '(-[0-9]|[A-Za-z])$', '') as base_invoice_no
    from {{ ref('int_ledger__posting') }}
    where not is_balance
        and provider_id is not null
        and invoice_no is not null

),

repeated as (

    select
        *,
        row_number() over by_day as nth_posting,
        first_value(invoice_no) over by_day as first_invoice_no,
        first_value(posted_on) over by_day as first_posted_on,
        first_value(service_month) over by_day as first_service_month,
        count(*) filter (where amount_dkk > 0) over whole
        - count(*) filter (where amount_dkk < 0) over whole as standing

    from invoiced

    window
        whole as (partition by provider_id, base_invoice_no, part_no, abs(amount_dkk)),
        by_day as (partition by provider_id, base_invoice_no, part_no, amount_dkk order by posted_on, posting_id)

),

same_invoice as (

    select
        posting_id,
        true as is_double_payment,
        -- without the number: who writes invoices as a person may use a CPR number
        'Samme faktura fra ' || coalesce(supplier_name, provider_id) || ' på ' || {{ dkk_da('amount_dkk') }}
            || ' er bogført igen ' || {{ date_da('posted_on') }}
            || '; første gang ' || {{ date_da('first_posted_on') }} || '.' as text_da
    from repeated
    where amount_dkk > 0
        and nth_posting between 2 and standing
        and posted_on > first_posted_on
        and (invoice_no = first_invoice_no or base_invoice_no in (invoice_no, first_invoice_no))
        and coalesce(service_month = first_service_month, true)

),

allocation as (

    select
        match.posting_id,
        match.course_payment_id,
        posting.posted_on,
        posting.amount_dkk,
        payment.course_id,
        payment.planned_on,
        coalesce(posting.service_month = payment.planned_month, false) as is_month_named,
        payment.allocated_dkk > payment.planned_dkk + {{ match_tolerance('payment.planned_dkk') }}
        and abs(payment.allocated_dkk - match.allocated_dkk - payment.planned_dkk)
        < payment.allocated_dkk - payment.planned_dkk as is_better_without,
        row_number() over (
            partition by match.course_payment_id, posting.amount_dkk
            order by
                coalesce(posting.service_month = payment.planned_month, false) desc,
                case
                    when posting.person_key is not null
                        then abs(posting.posted_on - coalesce(payment.paid_on, payment.planned_on))
                end,
                posting.posted_on,
                posting.posting_id
        ) as nth_of_amount
    from {{ ref('fct_posting_match') }} as match
    inner join {{ ref('int_ledger__posting') }} as posting
        on match.posting_id = posting.posting_id
        and not posting.is_balance
    inner join {{ ref('fct_course_payment') }} as payment
        on match.course_payment_id = payment.course_payment_id

),

further as (

    select allocation.*
    from allocation
    anti join (select * from repeated where nth_posting > standing) as taken_back
        on allocation.posting_id = taken_back.posting_id
    where allocation.amount_dkk > 0
        and allocation.nth_of_amount > 1
        and allocation.is_better_without

),

plan_met as (

    select
        further.posting_id,
        max(unpaid.course_payment_id) is null as is_double_payment,
        'Betalingen planlagt ' || {{ date_da('min(further.planned_on)') }} || ' er bogført med '
            || {{ dkk_da('min(further.amount_dkk)') }} || ' af en anden postering; samme beløb er også bogført '
            || {{ date_da('min(further.posted_on)') }} || '.' as text_da

    from further

    left join {{ ref('fct_course_payment') }} as unpaid
        on further.course_id = unpaid.course_id
        and not further.is_month_named
        and unpaid.allocated_dkk = 0
        and unpaid.planned_dkk > 0
        and not unpaid.is_fictive
        and abs(unpaid.planned_on - further.planned_on) <= {{ var('match_window_days') }}
        and unpaid.planned_on <= further.posted_on

    group by further.posting_id

)

select
    coalesce(same_invoice.posting_id, plan_met.posting_id) as posting_id,
    coalesce(same_invoice.is_double_payment, plan_met.is_double_payment) as is_double_payment,
    coalesce(same_invoice.text_da, plan_met.text_da) as text_da

from same_invoice

full join plan_met
    on same_invoice.posting_id = plan_met.posting_id
