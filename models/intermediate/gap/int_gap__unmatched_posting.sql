-- Postings on activity accounts for which no course was found, and how many equally good ones were seen; what is left of a
-- collective invoice is one of them. `supplier_month_key` names the supplier (or unit, or account) and month in which rule
-- A02 sums them; the month is the text's, else that of the posting. Grain: posting.
with

unmatched as (

    select
        posting_id,
        candidates
    from {{ ref('fct_posting_match') }}
    where course_payment_id is null

),

posting as (

    select
        *,
        coalesce(provider_id, 'konto ' || account_id) as party,
        coalesce(service_month, cast(date_trunc('month', posted_on) as date)) as counted_month
    from {{ ref('int_ledger__posting') }}

)

select
    posting.posting_id,
    posting.posted_on,
    posting.account_id,
    posting.art_no,
    posting.is_income,
    posting.person_key,
    posting.provider_id,
    posting.supplier_name,
    posting.invoice_no,
    posting.amount_dkk,
    posting.party,
    posting.counted_month,
    posting.party || '|' || strftime(posting.counted_month, '%Y-%m') as supplier_month_key,
    unmatched.candidates

from unmatched

inner join posting
    on unmatched.posting_id = posting.posting_id
