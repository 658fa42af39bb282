select
    as_of,
    previous_as_of
from {{ source('control', 'run') }}
