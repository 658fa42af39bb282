-- A placement from the day the child leaves home to the day it is back: the stays that continue one another, whatever
-- their type. Private: with the child's key.
with

stay as (

    select
        *,
        coalesce(exit_kind not in ('break', 'other_type'), true) as is_last
    from {{ ref('int_flow__placement_move') }}

)

select
    child_key,
    placement_no,
    min(child_birth_on) as child_birth_on,
    min(start_on) as start_on,
    max(end_on) as end_on,
    max(case when is_last then exit_kind end) as exit_kind,
    max(case when is_last then next_start_on end) as next_start_on
from stay
group by child_key, placement_no
