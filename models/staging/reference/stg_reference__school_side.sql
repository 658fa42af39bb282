with

source as (

    select * from {{ ref('school_side') }}

),

selected as (

    select
        rule_no,
        side,
        account_pattern,
        activity_no,
        reason_da,
        source,
        is_assumption

    from source

)

select * from selected
