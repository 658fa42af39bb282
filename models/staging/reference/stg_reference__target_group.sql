with

source as (

    select * from {{ ref('target_group') }}

),

selected as (

    select
        target_group,
        required_case_fields,
        source

    from source

)

select * from selected
