{#- The day on which a ledger period closes: that of the seed period_close, else some days after its month. -#}
{% macro period_closed_on(closed_on, fiscal_year, period_no) -%}
    cast(coalesce(
        {{ closed_on }},
        last_day(make_date({{ fiscal_year }}, least(greatest({{ period_no }}, 1), 12), 1)) + {{ var('period_close_days') }}
    ) as date)
{%- endmacro %}
