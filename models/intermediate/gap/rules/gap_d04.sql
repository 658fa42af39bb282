-- D04: the CVR number that a company's course is registered with is not the supplier's: malformed, another than those
-- that the same supplier name or its group (seed provider_alias) invoices with, or neither in the provider master nor
-- invoiced with. A supplier that both systems know by the same name and number only lacks its master row: that is one
-- row to add, seen in dim_provider, not a gap on each of its courses. A wrong check digit of a known number is D03. One
-- gap a course.
with

{{ gap_rule('D04') }},

course as (

    select *
    from {{ ref('int_bos__course') }}
    where recipient_type = 'COMPANY'
        and is_current
        and not is_fictive

),

provider_master as (

    select cvr_no from {{ ref('stg_reference__provider') }}

),

invoiced as (

    select distinct
        supplier_match_name,
        supplier_cvr
    from {{ ref('int_ledger__posting') }}
    where supplier_cvr is not null
        and supplier_match_name is not null

),

invoicing_name as (

    select
        supplier_match_name,
        string_agg(supplier_cvr, ', ' order by supplier_cvr) as cvr_nos
    from invoiced
    group by supplier_match_name

),

invoicing_group as (

    select distinct
        invoiced.supplier_match_name,
        provider_alias.group_name
    from invoiced
    inner join {{ ref('stg_reference__provider_alias') }} as provider_alias
        on invoiced.supplier_cvr = provider_alias.cvr_no

),

judged as (

    select
        course.*,
        invoicing_name.cvr_nos as invoiced_cvr_nos,
        case
            when course.supplier_cvr is null then 'malformed'
            when same_cvr.supplier_cvr is not null or same_group.group_name is not null then null
            when invoicing_name.cvr_nos is not null then 'other'
            when provider_master.cvr_no is null then 'unknown'
        end as finding

    from course

    left join provider_master
        on course.supplier_cvr = provider_master.cvr_no

    left join invoicing_name
        on course.supplier_match_name = invoicing_name.supplier_match_name

    left join invoiced as same_cvr
        on course.supplier_match_name = same_cvr.supplier_match_name
        and course.supplier_cvr = same_cvr.supplier_cvr

    left join {{ ref('stg_reference__provider_alias') }} as course_group
        on course.supplier_cvr = course_group.cvr_no

    left join invoicing_group as same_group
        on course.supplier_match_name = same_group.supplier_match_name
        and course_group.group_name = same_group.group_name

),

{{ planned_of('judged', start_of_year(), as_of()) }}

select
    rule.rule_id,
    judged.course_id as business_key,
    rule.severity,
    judged.course_id,
    cast(null as varchar) as posting_id,
    judged.account_id,
    judged.team_id,
    judged.provider_id,
    cast(null as varchar) as document_no,
    coalesce(planned.amount_dkk, 0) as amount_dkk,
    judged.start_on as occurred_on,
    coalesce(judged.recipient_name, 'Leverandøren') || case judged.finding
        when 'malformed' then ' har intet gyldigt CVR-nummer på forløbet (8 cifre)'
        when 'other' then ' står med CVR ' || judged.supplier_cvr
        when 'unknown' then ' står med CVR ' || judged.supplier_cvr || ', som ikke er i leverandørstamdata'
    end || coalesce('; leverandøren fakturerer med CVR ' || judged.invoiced_cvr_nos, '') || '.' as text_da

from judged

cross join rule

left join planned
    on judged.course_id = planned.course_id

where judged.finding is not null
