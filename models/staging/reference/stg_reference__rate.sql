with

source as (

    select * from {{ ref('rate') }}

),

selected as (

    select
        rate_no,
        name,
        valid_from,
        valid_to,
        rate_dkk,
        source

    from source

)

select * from selected
