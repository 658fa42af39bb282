-- The hits of every rule model in rules/, whichever they are: a rule more is a file more, and nothing else.
{{ config(materialized='view') }}

{% for name in gap_rule_models() %}
select {{ gap_hit_columns() | join(', ') }} from {{ ref(name) }}
{%- if not loop.last %}
union all
{%- endif %}
{% endfor %}
