-- The two dates that the bridge compares: the run's and the one before it, unless the session names others, as
-- `kobling bridge` does: so there is one definition for every pair.
select
    run.as_of as built_as_of,
    coalesce(cast(getvariable('bridge_to') as date), run.as_of) as as_of,
    coalesce(cast(getvariable('bridge_from') as date), run.previous_as_of) as previous_as_of
from {{ ref('stg_control__run') }} as run
