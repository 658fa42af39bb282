-- No account is in two frames, or both inside and outside the service frame, on the same day. A row is two rules of a seed
-- that disagree, with the first account that both take; `finding` names them for the gate's refusal.
with

rule as (

    select
        *,
        case kind when 'frame' then 'frame_account_rule' else 'service_frame_rule' end as seed
    from {{ ref('int_account__rule') }}

)

select
    rule.seed,
    rule.rule_no,
    other.rule_no as other_rule_no,
    min(rule.account_id) as account_id,
    'seeds/' || rule.seed || '.csv: rules ' || rule.rule_no || ' (' || any_value(rule.outcome) || ') and ' || other.rule_no
    || ' (' || any_value(other.outcome) || ') both take account ' || min(rule.account_id)
    || case when count(*) > 1 then ' and ' || count(*) - 1 || ' more' else '' end
    || ': narrow account_pattern, name the exception in except_pattern, or end one of them' as finding
from rule
inner join rule as other
    on rule.account_id = other.account_id
    and rule.kind = other.kind
    and rule.rule_no < other.rule_no
    and rule.outcome <> other.outcome
    -- a day on which both are in force; least() passes over an open end
    and greatest(rule.valid_from, other.valid_from)
    <= coalesce(least(rule.valid_to, other.valid_to), greatest(rule.valid_from, other.valid_from))
group by rule.seed, rule.rule_no, other.rule_no
