-- What the case history says of a child on each whole month's last day, and whether the child is helped then. A case
-- is never closed in the case system, so that most figures are of children with a running course. Private.
with

state_month as (

    select
        child_key,
        start_on,
        end_on,
        effort_step,
        team_id,
        {{ months_between('start_on', 'least(end_on, ' ~ as_of() ~ ')') }} as month
    from {{ ref('int_flow__case_state') }}
    where start_on <= {{ as_of() }}

)

select
    state_month.month,
    state_month.child_key,
    state_month.effort_step,
    state_month.team_id,
    count(course.course_id) > 0 as is_helped

from state_month

left join {{ ref('int_flow__child_course') }} as course
    on state_month.child_key = course.child_key
    and last_day(state_month.month) between course.start_on and course.end_on

where last_day(state_month.month) between state_month.start_on and least(state_month.end_on, {{ as_of() }})

group by
    state_month.month,
    state_month.child_key,
    state_month.effort_step,
    state_month.team_id
