with

source as (

    select * from {{ ref('provider') }}

),

selected as (

    select
        cvr_no,
        name,
        vat_factor_pct,
        zip_code,
        is_active,
        is_cvr_valid,
        finding_da,
        source

    from source

)

select * from selected
