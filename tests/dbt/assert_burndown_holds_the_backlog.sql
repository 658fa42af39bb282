-- Every gap of the backlog is open, waived or closed on each date; how far ahead a team is, is the plan less what is open;
-- the newest date holds the backlog that the published gaps say is theirs.
with

burndown as (

    select * from {{ ref('mart_late_registration_burndown') }}

),

gap as (

    select
        coalesce(team_id, 'Uden team') as team_id,
        count(*) filter (where status in ('open', 'overdue')) as open_gaps,
        count(*) filter (where status = 'waived') as waived_gaps
    from {{ ref('mart_registration_gap') }}
    where is_backlog
        and due_on is not null
    group by coalesce(team_id, 'Uden team')

)

select
    burndown.observed_on,
    burndown.team_id
from burndown
left join gap
    on burndown.team_id = gap.team_id
    and burndown.observed_on = {{ as_of() }}
where burndown.backlog_gaps <> burndown.open_gaps + burndown.waived_gaps + burndown.closed_gaps
    or burndown.ahead_gaps <> burndown.planned_gaps - burndown.open_gaps
    or burndown.ahead_dkk <> burndown.planned_dkk - burndown.open_dkk
    or burndown.open_gaps < coalesce(gap.open_gaps, 0)
