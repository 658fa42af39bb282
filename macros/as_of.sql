{#- The run's as-of date. A table is read rather than a variable: dbt then parses once for all dates. -#}
{% macro as_of() -%}
    (select run.as_of from {{ ref('stg_control__run') }} as run)
{%- endmacro %}

{#- The last month-end delivery before the as-of date; NULL where there is none. -#}
{% macro previous_as_of() -%}
    (select run.previous_as_of from {{ ref('stg_control__run') }} as run)
{%- endmacro %}

{#- The last day of the newest month that is over at the as-of date. -#}
{% macro newest_month_end() -%}
    (select cast(date_trunc('month', run.as_of + 1) as date) - 1 from {{ ref('stg_control__run') }} as run)
{%- endmacro %}
