with

source as (

    select * from {{ ref('period_close') }}

),

selected as (

    select
        fiscal_year,
        period_no,
        closed_on,
        reason_da,
        source,
        is_assumption

    from source

)

select * from selected
