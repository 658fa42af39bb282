-- What the case history says of a child between two changes: its step on the ladder of interventions and its caseworker.
-- A day's last record counts. A child with several cases has the one that was opened last. What an earlier list had and
-- the newest has not stays history. Private: with the child's and the caseworker's keys.
with

case_history as (

    select
        *,
        cast(changed_at as date) as changed_on,
        source_system || ':' || case_id as case_key
    from {{ ref('stg_bos__case_history') }}

),

newest as (

    select *
    from case_history
    qualify row_number() over (partition by case_key, history_id order by extract_date desc, row_no desc) = 1

),

case_record as (

    select
        *,
        -- a corrected number is the case's over all its time
        coalesce(
            first_value(child_key) over (
                partition by case_key
                order by changed_at desc, history_id desc
                rows between unbounded preceding and unbounded following
            ),
            'case:' || case_key
        ) as case_child_key,
        min(changed_on) over (partition by case_key) as opened_on
    from newest

),

last_of_day as (

    select *
    from case_record
    qualify row_number() over (partition by case_key, changed_on order by changed_at desc, history_id desc) = 1

),

numbered as (

    select
        *,
        dense_rank() over (partition by case_child_key order by opened_on, case_key) as case_no
    from last_of_day

),

leading_case as (

    select *
    from numbered
    qualify case_no = max(case_no) over (
        partition by case_child_key
        order by changed_on
        range between unbounded preceding and current row
    )

),

-- a report says the team of a case's caseworker now, on old records too
current_record as (

    select
        extract_date,
        caseworker_id,
        team_id
    from case_history
    qualify row_number() over (partition by extract_date, case_key order by changed_at desc, history_id desc) = 1

),

caseworker_team as (

    select
        extract_date,
        caseworker_id,
        max(team_id) as team_id
    from current_record
    where team_id is not null
    group by extract_date, caseworker_id

),

-- the caseworker's team as the first list from the change on tells it, else the last before
with_team as (

    select
        leading_case.*,
        caseworker_team.team_id as caseworker_team_id
    from leading_case
    left join caseworker_team
        on leading_case.caseworker_id = caseworker_team.caseworker_id
    qualify row_number() over (
        partition by leading_case.case_child_key, leading_case.changed_on
        order by
            coalesce(caseworker_team.extract_date >= leading_case.changed_on, false) desc,
            abs(caseworker_team.extract_date - leading_case.changed_on)
    ) = 1

),

state as (

    select
        case_child_key as child_key,
        changed_on as start_on,
        coalesce(lead(changed_on) over (partition by case_child_key order by changed_on) - 1, {{ open_end() }}) as end_on,
        coalesce(effort_step, 'Ukendt') as effort_step,
        cast(nullif(regexp_extract(effort_step, '([0-9]+)', 1), '') as integer) as step_no,
        caseworker_id,
        coalesce(caseworker_team_id, 'Ukendt') as team_id
    from with_team

)

select
    *,
    row_number() over child_history = 1 as is_first,
    lag(effort_step) over child_history as previous_step,
    lag(step_no) over child_history as previous_step_no,
    -- a while without a caseworker is not another caseworker
    lag(caseworker_id ignore nulls) over child_history as previous_caseworker_id,
    lag(case when caseworker_id is not null then team_id end ignore nulls) over child_history as previous_team_id
from state
window child_history as (partition by child_key order by start_on)
