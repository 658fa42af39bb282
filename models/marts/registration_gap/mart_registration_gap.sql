-- Every gap that is or was open, with its life. See marts.md, Registration gaps.
with

run as (

    select * from {{ ref('stg_control__run') }}

),

rule as (

    select * from {{ ref('stg_reference__gap_rule') }}

),

episode as (

    select * from {{ ref('int_gap__episode') }}

),

life as (

    select
        gap_id,
        min(opened_on) as first_seen_on,
        case when count(*) > 1 then max(opened_on) end as reopened_on,
        max(last_seen_on) as last_seen_on,
        arg_max(closed_on, episode_no) as closed_on,
        arg_max(due_on, episode_no) as due_on,
        bool_or(is_backlog) as is_backlog
    from episode
    group by gap_id

),

-- as it was told last
told as (

    select *
    from {{ ref('int_gap__observation') }}
    qualify row_number() over (partition by gap_id order by observed_on desc) = 1

)

select
    told.gap_id,
    rule.kind,
    told.rule_id,
    rule.name_da as rule_name_da,
    told.severity,
    told.course_id,
    told.posting_id,
    told.account_id,
    told.team_id,
    told.amount_dkk,
    told.occurred_on,
    life.first_seen_on,
    life.reopened_on,
    life.last_seen_on,
    life.closed_on,
    case
        when life.closed_on is not null then 'closed'
        when life.due_on < run.as_of then 'overdue'
        else 'open'
    end as status,
    life.is_backlog,
    life.due_on,
    coalesce(life.closed_on, run.as_of) - life.first_seen_on as age_days,
    told.corrector,
    rule.follow_up_da as follow_up,
    told.text_da,
    rule.steward_action_da as action_da

from told

inner join life
    on told.gap_id = life.gap_id

inner join rule
    on told.rule_id = rule.rule_id

cross join run
