select
    source_system,
    extract_date,
    profile,
    status,
    reason,
    is_latest
from {{ source('control', 'delivery') }}
