with

source as (

    select * from {{ ref('control_risk_weight') }}

),

selected as (

    select
        factor,
        weight,
        floor_value,
        fallback_value,
        reason_da,
        source,
        is_assumption

    from source

)

select * from selected
