with

source as (

    select * from {{ ref('quarterly_template') }}

),

selected as (

    select
        field_no,
        label_da,
        mart_column,
        unit,
        sign

    from source

)

select * from selected
