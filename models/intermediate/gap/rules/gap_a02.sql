-- A02: a supplier (or an own unit) was paid from activity accounts, and no step of the cascade found a course. One gap
-- a supplier and service month, net of reversals; the month is the text's, else that of the posting. A month that nets
-- to nothing or to a credit is no payment. A line for which the plan is already met by others is here, whatever course
-- its amount is near to. Lines that several courses fit equally well are not: a course is registered, only not told
-- apart; nor those that go on after a course's end (A08). A line that names nobody is summed per account.
with

{{ gap_rule('A02') }},

supplier_month as (

    select
        posting.supplier_month_key,
        min(posting.counted_month) as counted_month,
        min(posting.provider_id) as provider_id,
        coalesce(min(posting.supplier_name), 'Uden modtager') as supplier_name,
        arg_min(posting.account_id, (-posting.amount_dkk, posting.posting_id)) as account_id,
        case when count(*) = 1 then min(posting.posting_id) end as posting_id,
        string_agg(
            distinct coalesce(posting.invoice_no, posting.posting_id), ', '
            order by coalesce(posting.invoice_no, posting.posting_id)
        ) as document_no,
        count(*) as postings,
        min(posting.posted_on) as first_posted_on,
        cast(sum(posting.amount_dkk) as decimal(18, 2)) as amount_dkk

    from {{ ref('int_gap__open_posting') }} as posting

    anti join {{ ref('int_gap__posting_after_end') }} as after_end
        on posting.posting_id = after_end.posting_id

    where posting.open_kind <> 'ambiguous'
        and posting.person_key is null
        -- refunds and parents' contributions are no payments to a supplier
        and not posting.is_income

    group by posting.supplier_month_key

    having sum(posting.amount_dkk) > 0

)

select
    rule.rule_id,
    supplier_month.supplier_month_key as business_key,
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
        || {{ month_da('supplier_month.counted_month') }} || ' (posteringer: ' || supplier_month.postings
        || ') svarer ikke til noget forløb.' as text_da

from supplier_month

cross join rule
