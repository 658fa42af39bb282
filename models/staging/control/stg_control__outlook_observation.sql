select
    observed_on,
    target,
    month,
    account_id,
    straight_line_dkk,
    commitment_dkk,
    activity_dkk,
    forecast_dkk
from {{ source('control', 'outlook_observation') }}
