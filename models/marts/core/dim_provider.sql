-- Whoever is paid: companies by CVR with the master data's name, persons by pseudonym without one, own units by name.
with

provider_master as (

    select * from {{ ref('stg_reference__provider') }}

),

seen as (

    select
        provider_id,
        supplier_cvr,
        supplier_cvr_status,
        recipient_name as name,
        recipient_type,
        true as is_in_case_system,
        false as is_in_ledger
    from {{ ref('int_bos__course') }}
    where provider_id is not null

    union all

    select
        provider_id,
        supplier_cvr,
        supplier_cvr_status,
        supplier_name as name,
        case
            when supplier_cvr is not null then 'COMPANY'
            when supplier_key is not null then 'PERSON'
            when is_internal then 'INTERNAL'
        end as recipient_type,
        false as is_in_case_system,
        true as is_in_ledger
    from {{ ref('int_ledger__posting') }}
    where provider_id is not null

    union all

    select
        cvr_no as provider_id,
        cvr_no as supplier_cvr,
        cast(null as varchar) as supplier_cvr_status,
        name,
        'COMPANY' as recipient_type,
        false as is_in_case_system,
        false as is_in_ledger
    from provider_master
    where regexp_full_match(cvr_no, '\d{8}')

)

select
    seen.provider_id,
    case coalesce(max(seen.recipient_type), 'COMPANY')
        when 'PERSON' then 'person' when 'INTERNAL' then 'internal' else 'company'
    end as provider_kind,
    max(seen.supplier_cvr) as cvr_no,
    max(seen.supplier_cvr_status) as cvr_status,
    case
        when coalesce(max(seen.recipient_type), 'COMPANY') <> 'PERSON' then coalesce(max(provider_master.name), min(seen.name))
    end as provider_name,
    bool_or(provider_master.cvr_no is not null) as is_in_master_data,
    bool_or(seen.is_in_case_system) as is_in_case_system,
    bool_or(seen.is_in_ledger) as is_in_ledger

from seen

left join provider_master
    on seen.supplier_cvr = provider_master.cvr_no

group by seen.provider_id
