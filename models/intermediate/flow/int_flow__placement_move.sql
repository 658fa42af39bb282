-- How a child came to each stay and how it left it. A new placement within the gap days continues the one before: only
-- what no placement follows is an end, and what ended less than the gap days ago is not yet decided. Private.
{%- set gap_days = var('placement_gap_days') %}
with

birth as (

    select
        child_key,
        min(child_birth_on) as child_birth_on
    from {{ ref('int_flow__child_course') }}
    group by child_key

),

neighbour as (

    select
        *,
        lag(placement_type) over child_stay as previous_type,
        lag(end_on) over child_stay as previous_end_on,
        lead(placement_type) over child_stay as next_type,
        lead(start_on) over child_stay as next_start_on
    from {{ ref('int_flow__placement_stay') }}
    window child_stay as (partition by child_key order by start_on)

),

linked as (

    select
        neighbour.*,
        birth.child_birth_on,
        coalesce(previous_end_on + {{ gap_days }} >= start_on, false) as is_continued,
        coalesce(end_on + {{ gap_days }} >= next_start_on, false) as is_followed
    from neighbour
    inner join birth
        on neighbour.child_key = birth.child_key

)

select
    child_key,
    child_birth_on,
    placement_type,
    start_on,
    end_on,
    next_start_on,
    -- a placement is the stays that continue one another
    sum(case when is_continued then 0 else 1 end) over (
        partition by child_key
        order by start_on
        rows between unbounded preceding and current row
    ) as placement_no,
    case
        when previous_type is null then 'first'
        when not is_continued then 'again'
        when previous_type = placement_type then 'break'
        else 'other_type'
    end as entry_kind,
    case
        when end_on >= {{ open_end() }} then null
        when is_followed and next_type = placement_type then 'break'
        when is_followed then 'other_type'
        when end_on + {{ gap_days }} > {{ as_of() }} then 'undecided'
        when {{ birthday('child_birth_on', 18) }} <= end_on + 1 then 'adult'
        else 'home'
    end as exit_kind
from linked
