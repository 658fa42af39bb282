-- Team x observation date: what is left of the backlog, and what the plan of late registration allows. The backlog is what
-- each rule saw on the first date that it could run, where it has a deadline. See the seed late_registration_plan.
with

-- with the date of the gap's next observation, until which it stands: an as-of join may be a loop over all pairs
observation as (

    select
        *,
        lead(observed_on) over (partition by gap_id order by observed_on) as superseded_on
    from {{ ref('int_gap__observation') }}

),

decision as (

    select * from {{ ref('int_gap__decision_history') }}

),

plan as (

    select * from {{ ref('stg_reference__late_registration_plan') }}

),

backlog as (

    select
        episode.gap_id,
        episode.opened_on,
        coalesce(gap.team_id, 'Uden team') as team_id
    from {{ ref('int_gap__episode') }} as episode
    inner join {{ ref('mart_registration_gap') }} as gap
        on episode.gap_id = gap.gap_id
    where episode.is_backlog
        and episode.first_due_on is not null

),

state as (

    select
        backlog.gap_id,
        backlog.team_id,
        observation_date.observed_on,
        first_seen.amount_dkk as backlog_dkk,
        last_seen.amount_dkk,
        standing.gap_id is not null as is_standing,
        decision.gap_id is not null as is_waived
    from backlog
    inner join {{ ref('int_gap__observation_date') }} as observation_date
        on backlog.opened_on <= observation_date.observed_on
    inner join observation as first_seen
        on backlog.gap_id = first_seen.gap_id
        and backlog.opened_on = first_seen.observed_on
    left join {{ ref('int_gap__episode') }} as standing
        on backlog.gap_id = standing.gap_id
        and standing.opened_on <= observation_date.observed_on
        and coalesce(standing.closed_on > observation_date.observed_on, true)
    left join decision
        on backlog.gap_id = decision.gap_id
        and decision.valid_from_on <= observation_date.observed_on
        and coalesce(decision.valid_to_on >= observation_date.observed_on, true)
    left join observation as last_seen
        on backlog.gap_id = last_seen.gap_id
        and last_seen.observed_on <= observation_date.observed_on
        and coalesce(last_seen.superseded_on > observation_date.observed_on, true)

),

left_over as (

    select
        observed_on,
        team_id,
        count(*) as backlog_gaps,
        sum(backlog_dkk) as backlog_dkk,
        count(*) filter (where is_standing and not is_waived) as open_gaps,
        sum(amount_dkk) filter (where is_standing and not is_waived) as open_dkk,
        count(*) filter (where is_standing and is_waived) as waived_gaps,
        count(*) filter (where not is_standing) as closed_gaps
    from state
    group by observed_on, team_id

),

-- a team with rows of its own follows no general ones
team_plan as (

    select
        team.team_id,
        plan.agreed_on,
        plan.open_pct
    from (select distinct team_id from backlog) as team
    inner join plan
        on team.team_id = plan.team_id
        or (plan.team_id = '*' and team.team_id not in (select own.team_id from plan as own))

),

point as (

    select
        team_id,
        agreed_on,
        open_pct,
        max(agreed_on) over (partition by team_id) as last_agreed_on
    from team_plan

    union all

    -- all of it is open when the rules look for the first time
    select
        team_plan.team_id,
        min(observation_date.observed_on) as agreed_on,
        100 as open_pct,
        max(team_plan.agreed_on) as last_agreed_on
    from team_plan
    cross join {{ ref('int_gap__observation_date') }} as observation_date
    group by team_plan.team_id

),

line as (

    select
        *,
        lead(agreed_on) over by_team as next_on,
        lead(open_pct) over by_team - open_pct as change_pct
    from point
    window by_team as (partition by team_id order by agreed_on, open_pct desc)

),

planned as (

    select
        left_over.*,
        line.last_agreed_on as agreed_on,
        case
            when line.next_on is null then line.open_pct
            else
                line.open_pct
                + {{ divide('line.change_pct * (left_over.observed_on - line.agreed_on)', 'line.next_on - line.agreed_on', places=8) }}
        end as planned_pct
    from left_over
    left join line
        on left_over.team_id = line.team_id
        and left_over.observed_on >= line.agreed_on
        and coalesce(left_over.observed_on < line.next_on, true)

)

select
    observed_on,
    team_id,
    agreed_on,
    backlog_gaps,
    cast(backlog_dkk as decimal(18, 2)) as backlog_dkk,
    open_gaps,
    cast(coalesce(open_dkk, 0) as decimal(18, 2)) as open_dkk,
    waived_gaps,
    closed_gaps,
    cast({{ divide('backlog_gaps * planned_pct', '100', places=0) }} as bigint) as planned_gaps,
    {{ divide('backlog_dkk * planned_pct', '100') }} as planned_dkk,
    cast({{ divide('backlog_gaps * planned_pct', '100', places=0) }} as bigint) - open_gaps as ahead_gaps,
    cast({{ divide('backlog_dkk * planned_pct', '100') }} - coalesce(open_dkk, 0) as decimal(18, 2)) as ahead_dkk

from planned
