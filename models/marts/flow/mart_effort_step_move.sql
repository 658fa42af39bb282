-- Moves on the ladder of interventions, month by month, from the case history.
with

step_change as (

    select
        cast(date_trunc('month', start_on) as date) as month,
        previous_step as from_step,
        effort_step as to_step,
        case
            when step_no > previous_step_no then 'up'
            when step_no < previous_step_no then 'down'
            else 'unknown'
        end as direction,
        child_key
    from {{ ref('int_flow__case_state') }}
    where not is_first
        and effort_step <> previous_step
        and last_day(start_on) <= {{ as_of() }}

)

select
    month,
    from_step,
    to_step,
    direction,
    count(*) as moves,
    count(distinct child_key) as children
from step_change
group by
    month,
    from_step,
    to_step,
    direction
