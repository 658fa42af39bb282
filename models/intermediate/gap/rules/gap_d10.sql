-- D10: money went to a person and nobody knows whom: wages (art 1xx) or services and cash (5xx) on an account that is kept
-- per person, with neither a supplier nor a person on the line. Invoices have a supplier, internal settlements (9xx) a
-- unit: neither needs a person. Only years that are open for re-posting. One gap a posting.
with

{{ gap_rule('D10') }}

select
    rule.rule_id,
    posting.posting_id as business_key,
    rule.severity,
    cast(null as varchar) as course_id,
    posting.posting_id,
    posting.account_id,
    cast(null as varchar) as team_id,
    cast(null as varchar) as provider_id,
    posting.posting_id as document_no,
    posting.amount_dkk,
    posting.posted_on as occurred_on,
    case when posting.art_no like '1%' then 'Løn' else 'Udbetaling' end || ' på ' || {{ dkk_da('posting.amount_dkk') }}
        || ' bogført ' || {{ date_da('posting.posted_on') }} || ' (art ' || posting.art_no || ') på konto '
        || posting.account_id || ' har hverken CPR-nummer eller leverandør.' as text_da

from {{ ref('fct_posting') }} as posting

inner join {{ ref('int_gap__open_year') }} as open_year
    on posting.fiscal_year = open_year.fiscal_year

inner join {{ ref('dim_account') }} as account
    on posting.account_id = account.account_id
    and account.is_person_account

cross join rule

where (posting.art_no like '1%' or posting.art_no like '5%')
    and posting.amount_dkk > 0
    and posting.posted_on <= {{ as_of() }}
    and not posting.is_balance
    and not posting.is_internal
    and not posting.has_person
    and posting.provider_id is null
