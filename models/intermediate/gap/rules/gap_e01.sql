-- E01: an invoice is not posted though its due date has passed; over some days (escalation) it is an error. One gap an
-- invoice, whatever the number of its lines.
with

{{ gap_rule('E01') }},

overdue as (

    select * from {{ ref('int_ledger__unpaid_invoice') }}

)

select
    rule.rule_id,
    overdue.party || '|' || overdue.invoice_no as business_key,
    case
        when overdue.overdue_days > rule.escalation_days then rule.severity_escalated else rule.severity
    end as severity,
    cast(null as varchar) as course_id,
    cast(null as varchar) as posting_id,
    overdue.account_id,
    cast(null as varchar) as team_id,
    overdue.provider_id,
    overdue.invoice_no as document_no,
    overdue.amount_dkk,
    overdue.due_on as occurred_on,
    -- without the number: who writes invoices as a person may use a CPR number
    'Faktura fra ' || overdue.supplier_name || ' på ' || {{ dkk_da('overdue.amount_dkk') }}
        || ' forfaldt ' || {{ date_da('overdue.due_on') }} || ' og er ikke bogført ('
        || case
            when overdue.overdue_days > 2 * rule.escalation_days then 'over ' || 2 * rule.escalation_days
            when overdue.overdue_days > rule.escalation_days
                then rule.escalation_days + 1 || '-' || 2 * rule.escalation_days
            else '0-' || rule.escalation_days
        end || ' dage).' as text_da

from overdue

cross join rule

where overdue.overdue_days > rule.threshold_days
