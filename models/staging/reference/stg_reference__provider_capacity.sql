with

source as (

    select * from {{ ref('provider_capacity') }}

),

selected as (

    select
        provider_id,
        valid_from,
        valid_to,
        capacity_places,
        reason_da,
        source,
        is_assumption

    from source

)

select * from selected
