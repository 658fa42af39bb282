-- The parts of the bridge, as pages name and order them.
select
    part,
    name_da,
    description_da,
    because_da,
    sort_order,
    cause_group
from {{ ref('stg_reference__bridge_part') }}
