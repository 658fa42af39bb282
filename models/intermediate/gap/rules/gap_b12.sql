-- B12: an invoice that is not posted yet came from a supplier without a course, or without a commitment that is left for
-- it: what is planned and not posted on the supplier's granted courses for the month is less than the invoice, by more
-- than the tolerance of the cascade. The month is the text's, else those before the invoice. One gap an invoice,
-- whatever the number of its lines.
with

{{ gap_rule('B12') }},

invoice as (

    select
        coalesce(invoice.provider_id, 'ukendt') as party,
        coalesce(invoice.invoice_no, 'uden nummer ' || strftime(invoice.received_on, '%Y-%m-%d')) as invoice_no,
        any_value(coalesce(by_cvr.supplier_no, by_name.supplier_no)) as supplier_no,
        any_value(invoice.provider_id) as provider_id,
        any_value(invoice.supplier_name) as supplier_name,
        any_value(invoice.account_id) as account_id,
        min(invoice.received_on) as received_on,
        cast(coalesce(
            min(invoice.service_month), date_trunc('month', min(invoice.received_on) - {{ var('match_window_days') }})
        ) as date) as first_month,
        cast(coalesce(max(invoice.service_month), date_trunc('month', max(invoice.received_on))) as date) as last_month,
        cast(sum(invoice.amount_dkk) as decimal(18, 2)) as amount_dkk

    from {{ ref('int_ledger__invoice') }} as invoice

    left join {{ ref('int_posting_match__supplier') }} as by_cvr
        on invoice.supplier_cvr = by_cvr.written
        and by_cvr.written_as = 'cvr'

    left join {{ ref('int_posting_match__supplier') }} as by_name
        on invoice.supplier_match_name = by_name.written
        and by_name.written_as = 'name'

    where invoice.invoice_status <> 'POSTED'

    group by
        coalesce(invoice.provider_id, 'ukendt'),
        coalesce(invoice.invoice_no, 'uden nummer ' || strftime(invoice.received_on, '%Y-%m-%d'))

),

commitment as (

    select
        matching_payment.supplier_no,
        payment.planned_month,
        sum(payment.left_dkk) as left_dkk
    from {{ ref('fct_course_payment') }} as payment
    inner join {{ ref('int_posting_match__payment') }} as matching_payment
        on payment.course_payment_id = matching_payment.course_payment_id
    where payment.status = 'GRANTED'
        and payment.is_current
    group by matching_payment.supplier_no, payment.planned_month

),

judged as (

    select
        invoice.*,
        count(commitment.planned_month) > 0 as has_course,
        cast(coalesce(sum(commitment.left_dkk), 0) as decimal(18, 2)) as left_dkk
    from invoice
    left join commitment
        on invoice.supplier_no = commitment.supplier_no
        and commitment.planned_month between invoice.first_month and invoice.last_month
    group by all

)

select
    rule.rule_id,
    judged.party || '|' || judged.invoice_no as business_key,
    rule.severity,
    cast(null as varchar) as course_id,
    cast(null as varchar) as posting_id,
    judged.account_id,
    cast(null as varchar) as team_id,
    judged.provider_id,
    judged.invoice_no as document_no,
    judged.amount_dkk,
    judged.received_on as occurred_on,
    -- without the number: who writes invoices as a person may use a CPR number
    'Faktura fra ' || coalesce(judged.supplier_name, 'ukendt leverandør') || ' på ' || {{ dkk_da('judged.amount_dkk') }}
        || ' modtaget ' || {{ date_da('judged.received_on') }} || ': leverandøren har '
        || case
            when judged.has_course
                then 'kun ' || {{ dkk_da('judged.left_dkk') }} || ' disponeret og ikke bogført for perioden'
            else 'intet bevilget forløb i perioden'
        end || '.' as text_da

from judged

cross join rule

where judged.amount_dkk > 0
    and judged.amount_dkk > judged.left_dkk + {{ match_tolerance('judged.left_dkk') }}
