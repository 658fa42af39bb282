with

source as (

    select * from {{ ref('gap_rule') }}

),

selected as (

    select
        rule_id,
        name_da,
        kind,
        severity,
        severity_escalated,
        severity_source,
        severity_note_da,
        owner,
        follow_up_da,
        deadline_workdays,
        tier,
        is_enabled,
        disabled_reason_da,
        is_fail_at_year_end,
        inputs,
        threshold_dkk,
        threshold_pct,
        threshold_days,
        threshold_low_pct,
        threshold_count,
        escalation_dkk,
        escalation_days,
        threshold_reason_da,
        logic_da,
        steward_action_da,
        logic

    from source

)

select * from selected
