select
    source_system,
    extract_date,
    file_name,
    entity,
    mode,
    file_hash,
    row_count,
    accepted_count,
    quarantined_count,
    amount_total_dkk,
    is_unchanged
from {{ source('control', 'delivery_file') }}
