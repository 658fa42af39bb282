select
    observed_on
from {{ source('control', 'observation_date') }}
