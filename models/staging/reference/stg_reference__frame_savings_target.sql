with

source as (

    select * from {{ ref('frame_savings_target') }}

),

selected as (

    select
        frame_id,
        fiscal_year,
        target_dkk,
        source,
        is_assumption

    from source

)

select * from selected
