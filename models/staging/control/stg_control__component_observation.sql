select
    observed_on,
    fiscal_year,
    account_id,
    course_id,
    actual_to_date,
    accrued_unposted,
    committed_remaining,
    committed_next_year,
    pipeline_expected,
    pipeline_stale,
    pipeline_weighted,
    spill_out,
    price_hold_dkk,
    net_inflow,
    method_dkk,
    forecast
from {{ source('control', 'component_observation') }}
