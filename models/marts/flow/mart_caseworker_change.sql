-- Changes of caseworker, month by month and team: how many came in the month, and how many each child of the team has
-- had in the last twelve months. No caseworker is named.
with

caseworker_change as (

    select
        child_key,
        start_on as changed_on,
        cast(date_trunc('month', start_on) as date) as month,
        team_id,
        previous_team_id
    from {{ ref('int_flow__case_state') }}
    where caseworker_id <> previous_caseworker_id

),

-- the case system's first record: before it nobody knows who had the case
history as (

    select min(start_on) as known_from
    from {{ ref('int_flow__case_state') }}

),

child_year as (

    select
        child_month.month,
        child_month.team_id,
        child_month.child_key,
        count(caseworker_change.changed_on) as changes
    from {{ ref('int_flow__child_month') }} as child_month
    left join caseworker_change
        on child_month.child_key = caseworker_change.child_key
        and caseworker_change.changed_on <= last_day(child_month.month)
        and caseworker_change.changed_on > last_day(child_month.month - to_months(12))
    where child_month.is_helped
    group by
        child_month.month,
        child_month.team_id,
        child_month.child_key

),

stock as (

    select
        month,
        team_id,
        count(*) as children,
        sum(changes) as changes_12_months,
        {%- for number in range(3) %}
        count(*) filter (where changes = {{ number }}) as children_{{ number }}_changes,
        {%- endfor %}
        count(*) filter (where changes >= 3) as children_3_or_more_changes
    from child_year
    group by month, team_id

),

flow as (

    select
        month,
        team_id,
        count(*) as changes,
        count(distinct child_key) as children_changed,
        count(*) filter (where team_id = previous_team_id and team_id <> 'Ukendt') as changes_within_team,
        count(*) filter (where team_id <> previous_team_id and 'Ukendt' not in (team_id, previous_team_id)) as changes_from_other_team,
        count(*) filter (where 'Ukendt' in (team_id, previous_team_id)) as changes_team_unknown
    from caseworker_change
    where last_day(month) <= {{ as_of() }}
    group by month, team_id

),

joined as (

    select
        coalesce(stock.month, flow.month) as month,
        coalesce(stock.team_id, flow.team_id) as team_id,
        coalesce(stock.children, 0) as children,
        coalesce(flow.changes, 0) as changes,
        coalesce(flow.changes_within_team, 0) as changes_within_team,
        coalesce(flow.changes_from_other_team, 0) as changes_from_other_team,
        coalesce(flow.changes_team_unknown, 0) as changes_team_unknown,
        coalesce(flow.children_changed, 0) as children_changed,
        coalesce(history.known_from <= last_day(coalesce(stock.month, flow.month) - to_months(12)) + 1, false) as is_year_known,
        stock.changes_12_months,
        {%- for number in range(3) %}
        stock.children_{{ number }}_changes,
        {%- endfor %}
        stock.children_3_or_more_changes
    from stock
    full join flow
        on stock.month = flow.month
        and stock.team_id = flow.team_id
    cross join history

)

select
    month,
    team_id,
    children,
    changes,
    changes_within_team,
    changes_from_other_team,
    changes_team_unknown,
    children_changed,
    is_year_known,
    {%- for name in ['changes_12_months', 'children_0_changes', 'children_1_changes', 'children_2_changes', 'children_3_or_more_changes'] %}
    case when is_year_known then cast(coalesce({{ name }}, 0) as bigint) end as {{ name }},
    {%- endfor %}
    case when is_year_known then {{ divide('changes_12_months', 'children', 4) }} end as changes_per_child
from joined
