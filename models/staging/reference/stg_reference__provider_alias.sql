with

source as (

    select * from {{ ref('provider_alias') }}

),

selected as (

    select
        cvr_no,
        group_name,
        reason_da,
        is_assumption,
        source

    from source

)

select * from selected
