-- A02: a supplier (or an own unit) was paid from activity accounts, and no step of the cascade found a course. One gap
-- a supplier and service month, net of reversals; the month is the text's, else that of the posting. A month that nets
-- to nothing or to a credit is no payment. A line for which the plan is already met by others is here, whatever course
-- its amount is near to. Lines that several courses fit equally well are not: a course is registered, only not told
-- apart; nor those that go on after a course's end (A08). A line that names nobody is summed per account.
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

    inner join {{ ref('int_gap__open_posting') }} as open_posting
        on posting.posting_id = open_posting.posting_id
        and open_posting.open_kind <> 'ambiguous'

    anti join {{ ref('int_gap__posting_after_end') }} as after_end
        on posting.posting_id = after_end.posting_id

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
