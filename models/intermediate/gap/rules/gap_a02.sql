-- A02: a supplier (or an own unit) was paid from activity accounts, and no step of the cascade found a course. One gap
-- a supplier and service month, net of reversals; the month is the text's, else that of the posting. A month that nets
-- to nothing or to a credit is no payment. Lines that several courses fit equally well are not here: a course is
-- registered, only not told apart. A line that names nobody is summed per account.
with

{{ gap_rule('A02') }},

unmatched as (

    select
        posting.posting_id,
        coalesce(posting.invoice_no, posting.posting_id) as document_no,
        posting.provider_id,
        posting.supplier_name,
        posting.account_id,
        posting.posted_on,
        posting.amount_dkk,
        coalesce(posting.provider_id, 'konto ' || posting.account_id) as party,
        coalesce(posting.service_month, cast(date_trunc('month', posting.posted_on) as date)) as service_month

    from {{ ref('int_ledger__posting') }} as posting

    inner join {{ ref('fct_posting_match') }} as match
        on posting.posting_id = match.posting_id
        and match.course_payment_id is null
        and match.candidates = 0

    where posting.person_key is null
        -- refunds and parents' contributions are no payments to a supplier
        and not posting.is_income

),

supplier_month as (

    select
        party,
        service_month,
        min(provider_id) as provider_id,
        coalesce(min(supplier_name), 'Uden modtager') as supplier_name,
        first(account_id order by amount_dkk desc, posting_id) as account_id,
        case when count(*) = 1 then min(posting_id) end as posting_id,
        string_agg(distinct document_no, ', ' order by document_no) as document_no,
        count(*) as postings,
        min(posted_on) as first_posted_on,
        cast(sum(amount_dkk) as decimal(18, 2)) as amount_dkk
    from unmatched
    group by party, service_month
    having sum(amount_dkk) > 0

)

select
    rule.rule_id,
    supplier_month.party || '|' || strftime(supplier_month.service_month, '%Y-%m') as business_key,
    rule.severity,
    cast(null as varchar) as course_id,
    supplier_month.posting_id,
    supplier_month.account_id,
    cast(null as varchar) as team_id,
    supplier_month.provider_id,
    supplier_month.document_no,
    supplier_month.amount_dkk,
    supplier_month.first_posted_on as occurred_on,
    supplier_month.supplier_name || ': ' || {{ dkk_da('supplier_month.amount_dkk') }} || ' for '
        || {{ month_da('supplier_month.service_month') }} || ' (posteringer: ' || supplier_month.postings
        || ') svarer ikke til noget forløb.' as text_da

from supplier_month

cross join rule
