-- The invoices of the newest list, posted or not.
select
    sha256(concat_ws('|', source_system, file_hash, row_no)) as invoice_id,
    source_system,
    extract_date,
    invoice_no,
    provider_id,
    supplier_cvr,
    supplier_cvr_status,
    supplier_name,
    amount_dkk,
    received_on,
    due_on,
    posted_on,
    invoice_status,
    account_id,
    source_account,
    service_month,
    invoice_status <> 'POSTED' and due_on < {{ as_of() }} as is_overdue
from {{ ref('int_ledger__invoice') }}
