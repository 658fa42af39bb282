select
    observed_on,
    account_id,
    month,
    courses,
    posted_dkk,
    accrued_dkk,
    committed_dkk,
    pipeline_dkk
from {{ source('control', 'month_observation') }}
