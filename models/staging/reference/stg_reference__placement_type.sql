with

source as (

    select * from {{ ref('placement_type') }}

),

selected as (

    select
        activity_no,
        placement_type,
        reason_da,
        source,
        is_assumption

    from source

)

select * from selected
