-- The stretches of consecutive observation dates on which a gap was seen, with the deadline of each. A gap is closed on
-- the first date that no longer shows it; an event has happened and stays until a steward accepts it. A waiver that ends
-- while the gap still stands reopens it, with a deadline of its own. Grain: gap x episode.
with

run as (

    select * from {{ ref('stg_control__run') }}

),

observation as (

    select
        *,
        date_no - row_number() over (partition by gap_id order by date_no) as island_no
    from {{ ref('int_gap__observation') }}

),

rule as (

    select * from {{ ref('stg_reference__gap_rule') }}

),

rule_status as (

    select * from {{ ref('int_gap__rule_status') }}

),

decision as (

    select * from {{ ref('int_gap__decision_history') }}

),

-- the first date that knew of an acceptance that is in force
accepted as (

    select
        decision.gap_id,
        min(observation_date.observed_on) as accepted_on
    from {{ ref('int_gap__decision') }} as decision
    inner join {{ ref('int_gap__observation_date') }} as observation_date
        on decision.valid_from_on <= observation_date.observed_on
    where decision.decision = 'ACCEPT'
    group by decision.gap_id

),

-- the agreed date of the whole backlog
backlog as (

    select due_on from {{ ref('stg_reference__backlog_deadline') }} where source_system = '*'

),

seen as (

    select
        observation.gap_id,
        observation.rule_id,
        rule.kind,
        -- an event is one episode, however often its rule tells of it
        case when rule.kind = 'gap' then observation.island_no end as island_no,
        min(observation.observed_on) as opened_on,
        max(observation.observed_on) as last_seen_on,
        -- no date follows the as-of date
        case when bool_and(observation.next_observed_on is not null) then max(observation.next_observed_on) end as not_seen_on
    from observation
    inner join rule
        on observation.rule_id = rule.rule_id
    group by all

),

episode as (

    select
        seen.gap_id,
        seen.rule_id,
        row_number() over (partition by seen.gap_id order by seen.opened_on) as episode_no,
        seen.opened_on,
        seen.last_seen_on,
        case seen.kind
            when 'gap' then seen.not_seen_on
            when 'event' then case when accepted.gap_id is not null then greatest(accepted.accepted_on, seen.opened_on) end
        end as closed_on

    from seen

    left join accepted
        on seen.gap_id = accepted.gap_id

),

waived as (

    select
        episode.gap_id,
        episode.episode_no,
        max(observation_date.observed_on) as last_waived_on
    from episode
    cross join run
    inner join decision
        on episode.gap_id = decision.gap_id
    inner join {{ ref('int_gap__observation_date') }} as observation_date
        on observation_date.observed_on >= decision.valid_from_on
        and observation_date.observed_on <= coalesce(decision.valid_to_on, run.as_of)
        and observation_date.observed_on >= episode.opened_on
        and observation_date.observed_on < coalesce(episode.closed_on, run.as_of + 1)
    group by episode.gap_id, episode.episode_no

),

resumed as (

    select
        waived.gap_id,
        waived.episode_no,
        observation_date.next_observed_on as resumed_on
    from waived
    inner join {{ ref('int_gap__observation_date') }} as observation_date
        on waived.last_waived_on = observation_date.observed_on

),

started as (

    select
        episode.*,
        case when coalesce(resumed.resumed_on < episode.closed_on, true) then resumed.resumed_on end as resumed_on,
        coalesce(episode.opened_on <= rule_status.first_run_on, false) as is_backlog,
        rule.deadline_workdays

    from episode

    inner join rule
        on episode.rule_id = rule.rule_id

    left join rule_status
        on episode.rule_id = rule_status.rule_id

    left join resumed
        on episode.gap_id = resumed.gap_id
        and episode.episode_no = resumed.episode_no

)

select
    started.gap_id,
    started.rule_id,
    started.episode_no,
    started.opened_on,
    started.resumed_on,
    started.last_seen_on,
    started.closed_on,
    started.is_backlog,
    case when started.is_backlog then backlog.due_on else due_day.date_on end as first_due_on,
    case
        when started.is_backlog then greatest(backlog.due_on, later_due_day.date_on)
        else coalesce(later_due_day.date_on, due_day.date_on)
    end as due_on

from started

left join backlog
    on started.deadline_workdays > 0

left join {{ ref('dim_date') }} as opening_day
    on started.opened_on = opening_day.date_on
    and started.deadline_workdays > 0

-- the n-th work day after the day of opening
left join {{ ref('dim_date') }} as due_day
    on opening_day.workday_no + started.deadline_workdays = due_day.workday_no
    and due_day.is_workday

left join {{ ref('dim_date') }} as resuming_day
    on started.resumed_on = resuming_day.date_on
    and started.deadline_workdays > 0

left join {{ ref('dim_date') }} as later_due_day
    on resuming_day.workday_no + started.deadline_workdays = later_due_day.workday_no
    and later_due_day.is_workday
