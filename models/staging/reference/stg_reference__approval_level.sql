with

source as (

    select * from {{ ref('approval_level') }}

),

selected as (

    select
        approval_level,
        level_rank,
        ceiling_dkk,
        source,
        is_assumption

    from source

)

select * from selected
