{#- Money and prices leave a division rounded once, half away from zero, as DECIMAL; NULL where the divisor is 0.
    DuckDB divides decimals as DOUBLE and rounds a tie such as 1.005 by its binary neighbour; scaled first, a tie is
    a half, which DOUBLE holds exactly. -#}
{% macro divide(numerator, denominator, places=2, digits=18) -%}
    cast(cast(round(
        cast(({{ numerator }}) as decimal(30, 8)) * {{ 10 ** places }} / nullif(cast(({{ denominator }}) as decimal(30, 8)), 0)
    ) as decimal({{ digits }}, 0)) * {{ '%.*f' % (places, 10 ** -places) }} as decimal({{ digits }}, {{ places }}))
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
