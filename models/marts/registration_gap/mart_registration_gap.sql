-- Every gap that is or was open, with its life. What must be right in the year's accounts is an error while they are
-- closed: from 31 December to the day on which period 12 closes. See marts.md, Registration gaps.
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

-- the latest episode, with what all of them tell
life as (

    select
        gap_id,
        min(opened_on) over (partition by gap_id) as first_seen_on,
        greatest(case when episode_no > 1 then opened_on end, resumed_on) as reopened_on,
        last_seen_on,
        closed_on,
        due_on,
        bool_or(is_backlog) over (partition by gap_id) as is_backlog
    from episode
    qualify row_number() over (partition by gap_id order by episode_no desc) = 1

),

year_end as (

    select
        fiscal_year,
        closed_on
    from {{ ref('stg_reference__period_close') }}
    where period_no = 12

),

decision as (

    select * from {{ ref('int_gap__decision') }}

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
    {{ severity_on(
        'case when life.closed_on is null then run.as_of else life.last_seen_on end', 'told', 'rule', 'year_end'
    ) }} as severity,
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
        when decision.decision is not null then 'waived'
        when life.due_on < run.as_of then 'overdue'
        else 'open'
    end as status,
    life.is_backlog,
    life.due_on,
    coalesce(life.closed_on, run.as_of) - life.first_seen_on as age_days,
    told.corrector,
    rule.follow_up_da as follow_up,
    told.text_da,
    rule.steward_action_da as action_da,
    decision.decision,
    decision.decided_on,
    decision.valid_until_on as waived_until_on

from told

inner join life
    on told.gap_id = life.gap_id

inner join rule
    on told.rule_id = rule.rule_id

left join year_end
    on year(told.occurred_on) = year_end.fiscal_year

left join decision
    on told.gap_id = decision.gap_id

cross join run
