with

source as (

    select * from {{ ref('expected_delivery') }}

),

selected as (

    select
        entity,
        name_da,
        grace_days,
        reason_da,
        source,
        is_assumption

    from source

)

select * from selected
