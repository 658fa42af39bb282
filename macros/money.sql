{#- Money leaves a division rounded once, half away from zero, as DECIMAL; NULL where the divisor is 0.
    DuckDB divides decimals as DOUBLE: with 18 digits that is exact enough for one division, not for a chain. -#}
{% macro divide(numerator, denominator, places=2) -%}
    cast(round(cast(({{ numerator }}) as decimal(38, 8)) / nullif(cast(({{ denominator }}) as decimal(38, 8)), 0), {{ places }}) as decimal(18, {{ places }}))
{%- endmacro %}

{% macro money(expression) -%}
    cast(round({{ expression }}, 2) as decimal(18, 2))
{%- endmacro %}

{#- What is left of a payment: max(planned - allocated, 0) and, for an own contribution, whose plan is negative,
    min(planned - allocated, 0): read to the letter marts.md would never expect an income. -#}
{% macro left_of_payment(planned, allocated) -%}
    cast(case
        when {{ planned }} >= 0 then greatest({{ planned }} - {{ allocated }}, 0)
        else least({{ planned }} - {{ allocated }}, 0)
    end as decimal(18, 2))
{%- endmacro %}
