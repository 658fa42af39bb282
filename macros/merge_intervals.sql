{#- The last CTE and select of a model: merges intervals (start_on, end_on, both ends counted) that overlap or touch,
    within the partition. Interval arithmetic only; no row a day. -#}
{% macro merge_intervals(relation, partition_columns) -%}
,
-- equal intervals would tie, and two windows may order a tie differently
distinct_interval as (

    select distinct
        {{ partition_columns | join(',\n        ') }},
        start_on,
        end_on
    from {{ relation }}

),

ordered as (

    select
        *,
        max(end_on) over (
            partition by {{ partition_columns | join(', ') }}
            order by start_on, end_on
            rows between unbounded preceding and 1 preceding
        ) as covered_until
    from distinct_interval

),

island as (

    select
        *,
        sum(case when covered_until >= start_on - 1 then 0 else 1 end) over (
            partition by {{ partition_columns | join(', ') }}
            order by start_on, end_on
            rows between unbounded preceding and current row
        ) as island_no
    from ordered

)

select
    {{ partition_columns | join(',\n    ') }},
    min(start_on) as start_on,
    max(end_on) as end_on
from island
group by {{ partition_columns | join(', ') }}, island_no
{%- endmacro %}
