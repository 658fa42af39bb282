select
    observed_on,
    gap_id,
    rule_id,
    course_id,
    posting_id,
    account_id,
    team_id,
    amount_dkk,
    occurred_on,
    severity,
    business_key,
    text_da,
    corrector
from {{ source('control', 'gap_observation') }}
