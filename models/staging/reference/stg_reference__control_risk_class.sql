with

source as (

    select * from {{ ref('control_risk_class') }}

),

selected as (

    select
        risk_class,
        risk_class_da,
        from_pct,
        follow_up_rhythm,
        follow_up_rhythm_da,
        valid_from,
        valid_to,
        reason_da,
        source,
        is_assumption

    from source

)

select * from selected
