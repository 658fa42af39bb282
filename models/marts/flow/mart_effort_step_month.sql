-- Children per step of the ladder of interventions: on the last day before a month and on its last day, and what came
-- between.
with

case_state as (

    select
        *,
        cast(date_trunc('month', start_on) as date) as month
    from {{ ref('int_flow__case_state') }}

),

{%- set counts = ['children_at_start', 'first_seen', 'moves_in', 'moves_out', 'children_at_end', 'children_with_course_at_end'] %}
{%- set parts = {
    'children_at_start': ['cast(last_day(month) + 1 as date)', 'effort_step', ref('int_flow__child_month'), 'true'],
    'first_seen': ['month', 'effort_step', 'case_state', 'is_first'],
    'moves_in': ['month', 'effort_step', 'case_state', 'not is_first and effort_step <> previous_step'],
    'moves_out': ['month', 'previous_step', 'case_state', 'not is_first and effort_step <> previous_step'],
    'children_at_end': ['month', 'effort_step', ref('int_flow__child_month'), 'true'],
    'children_with_course_at_end': ['month', 'effort_step', ref('int_flow__child_month'), 'is_helped'],
} %}

counted as (

    {%- for name, (month, step, relation, condition) in parts.items() %}
    {{ 'union all' if not loop.first }}
    select
        {{ month }} as month,
        {{ step }} as effort_step,
        {%- for other in counts %}
        {{ 1 if other == name else 0 }} as {{ other }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ relation }}
    where {{ condition }}
    {%- endfor %}

)

select
    month,
    effort_step,
    {%- for name in counts %}
    cast(sum({{ name }}) as bigint) as {{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
from counted
where last_day(month) <= {{ as_of() }}
group by month, effort_step
