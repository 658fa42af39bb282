with

source as (

    select * from {{ ref('frame') }}

),

selected as (

    select
        frame_id,
        name,
        valid_from,
        valid_to,
        forecast_method,
        is_fallback,
        source,
        is_assumption

    from source

)

select * from selected
