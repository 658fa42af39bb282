-- The rule catalogue as a steward reads it: what each rule looks for, and whether it was run. Not run is never zero.
with

rule as (

    select * from {{ ref('stg_reference__gap_rule') }}

),

rule_status as (

    select * from {{ ref('int_gap__rule_status') }}

)

select
    rule.rule_id,
    rule.name_da as rule_name_da,
    rule.severity,
    rule.deadline_workdays,
    rule.follow_up_da as follow_up,
    rule.logic_da,
    rule.threshold_reason_da,
    rule.steward_action_da as action_da,
    rule_status.is_run,
    rule_status.reason

from rule

inner join rule_status
    on rule.rule_id = rule_status.rule_id
