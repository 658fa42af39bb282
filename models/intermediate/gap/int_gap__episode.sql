-- The stretches of consecutive observation dates on which a gap was seen, with the deadline of each. A gap is closed on
-- the first date that no longer shows it; an event has happened and stays until a note closes it. Grain: gap x episode.
with

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

calendar as (

    select * from {{ ref('dim_date') }}

),

-- the agreed date of the whole backlog
backlog as (

    select due_on from {{ ref('stg_reference__backlog_deadline') }} where source_system = '*'

),

episode as (

    select
        gap_id,
        rule_id,
        row_number() over (partition by gap_id order by min(observed_on)) as episode_no,
        min(observed_on) as opened_on,
        max(observed_on) as last_seen_on,
        -- no date follows the as-of date
        case when bool_and(next_observed_on is not null) then max(next_observed_on) end as next_observed_on
    from observation
    group by gap_id, rule_id, island_no

),

started as (

    select
        episode.gap_id,
        episode.rule_id,
        episode.episode_no,
        episode.opened_on,
        episode.last_seen_on,
        case when rule.kind = 'gap' then episode.next_observed_on end as closed_on,
        coalesce(episode.opened_on <= rule_status.first_run_on, false) as is_backlog,
        rule.deadline_workdays

    from episode

    inner join rule
        on episode.rule_id = rule.rule_id

    left join rule_status
        on episode.rule_id = rule_status.rule_id

)

select
    started.gap_id,
    started.rule_id,
    started.episode_no,
    started.opened_on,
    started.last_seen_on,
    started.closed_on,
    started.is_backlog,
    case
        when started.deadline_workdays = 0 then null
        when started.is_backlog then backlog.due_on
        else due_day.date_on
    end as due_on

from started

left join backlog
    on started.is_backlog

left join calendar as opening_day
    on started.opened_on = opening_day.date_on

-- the n-th work day after the day of opening
left join calendar as due_day
    on opening_day.workday_no + started.deadline_workdays = due_day.workday_no
    and due_day.is_workday
