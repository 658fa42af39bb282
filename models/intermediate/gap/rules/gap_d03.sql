-- D03: a company's CVR number that cannot be right: its check digits are wrong (modulus 11), or it has not 8 digits. In
-- the ledger's lines, and on courses of suppliers in the provider master that nobody has invoiced for; a number on a course
-- that is not the one the supplier invoices with is D04. One gap a supplier, whatever the number of wrong numbers.
with

{{ gap_rule('D03') }},

invoicing as (

    select
        supplier_cvr,
        supplier_match_name
    from {{ ref('int_ledger__posting') }}
    where supplier_cvr is not null
    group by all

),

finding as (

    select
        supplier_match_name,
        supplier_name,
        supplier_cvr,
        provider_id,
        amount_dkk,
        posted_on as seen_on,
        true as is_in_ledger
    from {{ ref('int_ledger__posting') }}
    where supplier_cvr_status = 'invalid'
        and not is_balance
        -- a person who invoices has no CVR number and no name here
        and (supplier_cvr is not null or supplier_name is not null)

    union all

    select
        course.supplier_match_name,
        course.recipient_name as supplier_name,
        course.supplier_cvr,
        course.provider_id,
        cast(0 as decimal(18, 2)) as amount_dkk,
        course.start_on as seen_on,
        false as is_in_ledger
    from {{ ref('int_bos__course') }} as course
    inner join {{ ref('stg_reference__provider') }} as provider_master
        on course.supplier_cvr = provider_master.cvr_no
    left join invoicing as same_name
        on course.supplier_match_name = same_name.supplier_match_name
    where course.recipient_type = 'COMPANY'
        and course.is_current
        and course.supplier_cvr_status = 'invalid'
        and same_name.supplier_match_name is null

),

supplier as (

    select
        coalesce(supplier_match_name, supplier_cvr) as party,
        coalesce(min(supplier_name), 'Leverandøren') as supplier_name,
        count(distinct supplier_cvr) as cvr_nos,
        string_agg(distinct supplier_cvr, ', ' order by supplier_cvr) as wrong_cvr_nos,
        min(provider_id) as provider_id,
        cast(sum(amount_dkk) as decimal(18, 2)) as amount_dkk,
        min(seen_on) as seen_on,
        bool_or(is_in_ledger) as is_in_ledger,
        bool_or(not is_in_ledger) as is_in_case_system
    from finding
    group by party

)

select
    rule.rule_id,
    supplier.party as business_key,
    rule.severity,
    cast(null as varchar) as course_id,
    cast(null as varchar) as posting_id,
    cast(null as varchar) as account_id,
    cast(null as varchar) as team_id,
    supplier.provider_id,
    cast(null as varchar) as document_no,
    supplier.amount_dkk,
    supplier.seen_on as occurred_on,
    supplier.supplier_name || case
        when supplier.cvr_nos = 0 then ' har et CVR-nummer, der ikke har 8 cifre'
        when supplier.cvr_nos = 1 then ' står med CVR ' || supplier.wrong_cvr_nos || ', som ikke opfylder modulus 11'
        else ' står med CVR ' || supplier.wrong_cvr_nos || ', som ikke opfylder modulus 11'
    end || ' (' || concat_ws(
        ' og ',
        case when supplier.is_in_case_system then 'forløb i BOS' end,
        case when supplier.is_in_ledger then 'posteringer i regnskabet' end
    ) || ').' as text_da

from supplier

cross join rule
