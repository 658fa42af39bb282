with

source as (

    select * from {{ ref('bridge_part') }}

),

selected as (

    select
        part,
        name_da,
        description_da,
        because_da,
        sort_order,
        cause_group

    from source

)

select * from selected
