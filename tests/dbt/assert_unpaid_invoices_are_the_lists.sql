-- Overdue unpaid invoices per team = the overdue ones of the invoice list, to the øre.
with

team as (

    select coalesce(sum(amount_dkk), 0) as amount_dkk from {{ ref('mart_unpaid_invoice') }}

),

invoice as (

    select coalesce(sum(amount_dkk), 0) as amount_dkk from {{ ref('fct_invoice') }} where is_overdue

)

select
    team.amount_dkk,
    invoice.amount_dkk as listed_dkk
from team
cross join invoice
where team.amount_dkk <> invoice.amount_dkk
