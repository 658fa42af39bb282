-- The accounts that pay for the school of a placement, and those that pay for the stay, by the seed school_side. An account
-- that rules call both is the school's.
select
    account.account_id,
    min(rule.side) as side

from {{ ref('dim_account') }} as account

inner join {{ ref('stg_reference__school_side') }} as rule
    on regexp_matches(account.account_id, rule.account_pattern)

group by account.account_id
