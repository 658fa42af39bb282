-- Which accounts each dated rule of the seeds frame_account_rule and service_frame_rule takes. Rules have no order among
-- themselves: two that say different things of one account at one time are refused (assert_account_rules_agree).
with

account as (

    select account_id from {{ ref('stg_reference__account') }}
    union
    select account_id from {{ ref('int_account__resolved') }}

),

rule as (

    select
        'frame' as kind,
        rule_no,
        account_pattern,
        except_pattern,
        cast(null as varchar) as dranst_no,
        frame_id as outcome,
        valid_from,
        valid_to
    from {{ ref('stg_reference__frame_account_rule') }}

    union all

    select
        'service_frame' as kind,
        rule_no,
        account_pattern,
        except_pattern,
        dranst_no,
        cast(is_service_frame as varchar) as outcome,
        valid_from,
        valid_to
    from {{ ref('stg_reference__service_frame_rule') }}

)

select
    account.account_id,
    rule.kind,
    rule.rule_no,
    rule.outcome,
    rule.valid_from,
    rule.valid_to

from account

inner join rule
    on regexp_matches(account.account_id, rule.account_pattern)
    and (rule.except_pattern is null or not regexp_matches(account.account_id, rule.except_pattern))
    -- the sixth digit of a main account
    and (rule.dranst_no is null or rule.dranst_no = regexp_extract(account.account_id, '^[0-9]{5}([0-9])[0-9]{3}(-|$)', 1))
