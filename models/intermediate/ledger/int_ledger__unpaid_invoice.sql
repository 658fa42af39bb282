-- The invoices of the newest list that are not posted though they have a due date: one row an invoice, whatever the number
-- of its lines, with the team that usually uses its supplier. Not yet due has negative days, due today 0.
with

unpaid as (

    select
        coalesce(provider_id, 'ukendt') as party,
        coalesce(invoice_no, 'uden nummer ' || strftime(received_on, '%Y-%m-%d')) as invoice_no,
        min(provider_id) as provider_id,
        coalesce(min(supplier_name), 'Ukendt leverandør') as supplier_name,
        min(account_id) as account_id,
        min(due_on) as due_on,
        cast(sum(amount_dkk) as decimal(18, 2)) as amount_dkk
    from {{ ref('fct_invoice') }}
    where invoice_status <> 'POSTED'
        and due_on is not null
    group by all

)

select
    unpaid.*,
    {{ as_of() }} - unpaid.due_on as overdue_days,
    usual_team.team_id

from unpaid

left join {{ ref('int_gap__usual_team') }} as usual_team
    on unpaid.provider_id = usual_team.party_id
