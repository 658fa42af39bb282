select
    observed_on,
    fiscal_year,
    frame_id,
    forecast,
    budget_corrected
from {{ source('control', 'forecast_observation') }}
