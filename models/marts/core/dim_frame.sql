with

frame as (

    select * from {{ ref('stg_reference__frame') }}

),

final as (

    select
        frame_id,
        name,
        valid_from,
        valid_to,
        forecast_method,
        is_fallback,
        is_assumption

    from frame

)

select * from final
