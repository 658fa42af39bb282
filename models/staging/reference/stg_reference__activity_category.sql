with

source as (

    select * from {{ ref('activity_category') }}

),

selected as (

    select
        category_no,
        name,
        source_name,
        is_valid,
        finding_da,
        source

    from source

)

select * from selected
