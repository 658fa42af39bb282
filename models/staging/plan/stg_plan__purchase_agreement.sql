with

source as (

    select * from {{ source('lake', 'purchase_agreement') }}

),

selected as (

    select
        -- identity
        source_system,
        extract_date,
        file_hash,
        row_no,
        agreement_no,
        provider_id,
        activity_no,
        -- what it says
        valid_from,
        valid_to,
        notice_months,
        price_regulation,
        agreed_price_day_dkk

    from source

)

select * from selected
