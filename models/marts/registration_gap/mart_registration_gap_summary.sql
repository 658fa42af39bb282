-- Rule x team x month, from the first observation to the as-of month: what was opened and closed in the month, and what
-- stood at its end (or at the as-of date). A gap counts for the team that it was told of last, so that opened less
-- closed is the change of what stands open.
with

run as (

    select * from {{ ref('stg_control__run') }}

),

-- with the date of the gap's next observation, until which it stands: an as-of join may be a loop over all pairs
observation as (

    select
        *,
        lead(observed_on) over (partition by gap_id order by observed_on) as superseded_on
    from {{ ref('int_gap__observation') }}

),

observation_date as (

    select * from {{ ref('int_gap__observation_date') }}

),

decision as (

    select * from {{ ref('int_gap__decision_history') }}

),

rule as (

    select * from {{ ref('stg_reference__gap_rule') }}

),

year_end as (

    select
        fiscal_year,
        closed_on
    from {{ ref('stg_reference__period_close') }}
    where period_no = 12

),

month as (

    select
        calendar.month_start_on as month,
        least(calendar.month_end_on, run.as_of) as until_on
    from {{ ref('dim_date') }} as calendar
    cross join run
    where calendar.date_on = calendar.month_start_on
        and calendar.month_start_on <= run.as_of
        and calendar.month_end_on >= (select min(observation_date.observed_on) from observation_date)

),

gap as (

    select
        gap_id,
        coalesce(team_id, 'Uden team') as team_id
    from {{ ref('mart_registration_gap') }}

),

episode as (

    select
        episode.*,
        gap.team_id
    from {{ ref('int_gap__episode') }} as episode
    inner join gap
        on episode.gap_id = gap.gap_id

),

grid as (

    select
        month.*,
        rule_team.rule_id,
        rule_team.team_id
    from month
    cross join (select distinct rule_id, team_id from episode) as rule_team

),

opened as (

    select rule_id, team_id, cast(date_trunc('month', opened_on) as date) as month, count(*) as opened
    from episode
    group by all

),

closed as (

    select
        rule_id,
        team_id,
        cast(date_trunc('month', closed_on) as date) as month,
        count(*) as closed,
        median(closed_on - opened_on) as median_days_to_close
    from episode
    where closed_on is not null
    group by all

),

standing as (

    select
        episode.rule_id,
        episode.team_id,
        month.month,
        decision.gap_id is not null as is_waived,
        -- severity I asks for a look, not for a mend
        decision.gap_id is null
        and coalesce({{ severity_on('month.until_on', 'observation', 'rule', 'year_end') }}, '') <> 'I' as is_to_mend,
        decision.gap_id is null
        and case when episode.resumed_on <= month.until_on then episode.due_on else episode.first_due_on end
        < month.until_on as is_overdue,
        observation.amount_dkk
    from episode
    inner join month
        on episode.opened_on <= month.until_on
        and (episode.closed_on is null or episode.closed_on > month.until_on)
    left join decision
        on episode.gap_id = decision.gap_id
        and decision.valid_from_on <= month.until_on
        and coalesce(decision.valid_to_on >= month.until_on, true)
    -- what it was worth when it was last seen up to then
    left join observation
        on episode.gap_id = observation.gap_id
        and observation.observed_on <= month.until_on
        and coalesce(observation.superseded_on > month.until_on, true)
    left join rule
        on episode.rule_id = rule.rule_id
    left join year_end
        on year(observation.occurred_on) = year_end.fiscal_year

),

stock as (

    select
        rule_id,
        team_id,
        month,
        count(*) as open_at_end,
        count(*) filter (where is_overdue) as overdue,
        count(*) filter (where is_waived) as waived,
        sum(amount_dkk) as amount_dkk,
        count(*) filter (where is_to_mend) as to_mend,
        count(*) filter (where is_to_mend and is_overdue) as to_mend_overdue,
        sum(amount_dkk) filter (where is_to_mend) as to_mend_dkk
    from standing
    group by rule_id, team_id, month

)

select
    grid.month,
    grid.rule_id,
    grid.team_id,
    coalesce(opened.opened, 0) as opened,
    coalesce(closed.closed, 0) as closed,
    coalesce(stock.open_at_end, 0) as open_at_end,
    coalesce(stock.overdue, 0) as overdue,
    coalesce(stock.waived, 0) as waived,
    cast(coalesce(stock.amount_dkk, 0) as decimal(18, 2)) as amount_dkk,
    cast(closed.median_days_to_close as decimal(9, 1)) as median_days_to_close,
    coalesce(stock.to_mend, 0) as to_mend,
    coalesce(stock.to_mend_overdue, 0) as to_mend_overdue,
    cast(coalesce(stock.to_mend_dkk, 0) as decimal(18, 2)) as to_mend_dkk

from grid

left join opened
    on grid.rule_id = opened.rule_id
    and grid.team_id = opened.team_id
    and grid.month = opened.month

left join closed
    on grid.rule_id = closed.rule_id
    and grid.team_id = closed.team_id
    and grid.month = closed.month

left join stock
    on grid.rule_id = stock.rule_id
    and grid.team_id = stock.team_id
    and grid.month = stock.month
