-- The invoices of the newest list up to the as-of date; a list reaches 400 days back, what has left it is history.
with

invoice as (

    select * from {{ ref('stg_ledger__invoice') }}

),

account as (

    select source_account, account_id from {{ ref('int_account__resolved') }} where section_id is null

),

newest as (

    select invoice.*
    from invoice
    qualify rank() over (partition by source_system order by extract_date desc) = 1

)

select
    newest.*,
    account.account_id,
    {{ provider_id('newest.supplier_cvr', 'newest.supplier_key', 'newest.supplier_name') }} as provider_id,
    {{ normalised_name('newest.supplier_name') }} as supplier_match_name

from newest

left join account
    on newest.source_account = account.source_account
