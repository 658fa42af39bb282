-- Children on a step at a month's end are those at its start plus the new ones and the moves to it, minus the moves from
-- it; the start is the end of the month before; the moves are those of mart_effort_step_move.
with

step_month as (

    select
        month,
        effort_step,
        children_at_start,
        children_at_end,
        first_seen + moves_in - moves_out as flow,
        moves_in,
        moves_out
    from {{ ref('mart_effort_step_month') }}

),

step_move as (

    select
        month,
        to_step as effort_step,
        moves as moves_in,
        0 as moves_out
    from {{ ref('mart_effort_step_move') }}
    union all
    select
        month,
        from_step as effort_step,
        0 as moves_in,
        moves as moves_out
    from {{ ref('mart_effort_step_move') }}

),

step_move_month as (

    select
        month,
        effort_step,
        sum(moves_in) as moves_in,
        sum(moves_out) as moves_out
    from step_move
    group by month, effort_step

)

select
    month,
    effort_step
from step_month
where children_at_start + flow <> children_at_end

union all

select
    later.month,
    later.effort_step
from step_month as later
left join step_month as earlier
    on later.effort_step = earlier.effort_step
    and later.month = earlier.month + to_months(1)
where later.children_at_start <> coalesce(earlier.children_at_end, 0)

union all

select
    coalesce(step_month.month, step_move_month.month) as month,
    coalesce(step_month.effort_step, step_move_month.effort_step) as effort_step
from step_month
full join step_move_month
    on step_month.month = step_move_month.month
    and step_month.effort_step = step_move_month.effort_step
where coalesce(step_month.moves_in, 0) <> coalesce(step_move_month.moves_in, 0)
    or coalesce(step_month.moves_out, 0) <> coalesce(step_move_month.moves_out, 0)
