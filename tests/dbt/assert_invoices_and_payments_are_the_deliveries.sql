-- The invoices are the newest lists' and the current payments the newest reports', in number and money, to the øre; the
-- overdue ones per team are the list's.
with

newest_invoice as (

    select
        source_system,
        count(*) as invoices,
        sum(amount_dkk) as amount_dkk
    from (
        select *
        from {{ ref('stg_ledger__invoice') }}
        qualify extract_date = max(extract_date) over (partition by source_system)
    )
    group by source_system

),

invoice as (

    select
        source_system,
        count(*) as invoices,
        sum(amount_dkk) as amount_dkk
    from {{ ref('fct_invoice') }}
    group by source_system

),

newest_payment as (

    select
        sum(planned_dkk) filter (where report = 'granted') as granted_dkk,
        sum(planned_dkk) filter (where report = 'expected') as expected_dkk
    from {{ ref('int_bos__report_payment') }}

),

payment as (

    select
        sum(granted_dkk) filter (where is_current) as granted_dkk,
        sum(expected_dkk) filter (where is_current) as expected_dkk
    from {{ ref('fct_course_payment') }}

)

select 'invoices of ' || coalesce(invoice.source_system, newest_invoice.source_system) as what
from invoice
full join newest_invoice
    on invoice.source_system = newest_invoice.source_system
where invoice.invoices is distinct from newest_invoice.invoices
    or invoice.amount_dkk is distinct from newest_invoice.amount_dkk

union all

select 'payments' as what
from payment
cross join newest_payment
where payment.granted_dkk is distinct from newest_payment.granted_dkk
    or payment.expected_dkk is distinct from newest_payment.expected_dkk

union all

select 'payment ' || course_payment_id as what
from {{ ref('fct_course_payment') }}
where left_dkk <> {{ left_of_payment('planned_dkk', 'allocated_dkk') }}
    or planned_month <> date_trunc('month', planned_on)

union all

select 'invoice ' || invoice_id as what
from {{ ref('fct_invoice') }}
where is_overdue <> (invoice_status <> 'POSTED' and due_on < {{ as_of() }})
