with

source as (

    select * from {{ ref('age_band') }}

),

selected as (

    select
        age_band,
        band_no,
        from_years,
        to_years,
        reason_da,
        source,
        is_assumption

    from source

)

select * from selected
