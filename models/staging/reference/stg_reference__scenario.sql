with

source as (

    select * from {{ ref('scenario') }}

),

selected as (

    select
        scenario_id,
        name_da,
        description_da,
        frame_id,
        lever,
        value,
        activity_no,
        price_day_dkk,
        start_on,
        source,
        is_assumption

    from source

)

select * from selected
