with

source as (

    select * from {{ ref('state_refund_threshold') }}

),

selected as (

    select
        fiscal_year,
        level_no,
        above_dkk,
        refund_pct,
        reason_da,
        source,
        is_assumption

    from source

)

select * from selected
