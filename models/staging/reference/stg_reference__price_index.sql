with

source as (

    select * from {{ ref('price_index') }}

),

selected as (

    select
        fiscal_year,
        change_pct,
        reason_da,
        source,
        is_assumption

    from source

)

select * from selected
