{#- The first day that the case system's reports cover: each goes back to 1 January two years before its own year. -#}
{% macro covered_from() -%}
    (
        select max(source_coverage.covered_from)
        from (
            select make_date(year(min(extract_date)) - 2, 1, 1) as covered_from
            from {{ ref('int_bos__delivery_window') }}
            group by source_system
        ) as source_coverage
    )
{%- endmacro %}

{#- One of several parts of a whole (columns <part>_exact), rounded to øre so that they still sum to it: all are rounded
    down, and the øre that are left go to the largest remainders, of equal ones to the first. A NULL counts as 0. -#}
{% macro largest_remainder(part, parts, whole) -%}
    {%- set floors, remainders = {}, {} -%}
    {%- for name in parts -%}
        {%- set cents = 'coalesce(' ~ name ~ '_exact, 0) * 100' -%}
        {%- do floors.update({name: 'floor(' ~ cents ~ ')'}) -%}
        {%- do remainders.update({name: '(' ~ cents ~ ' - ' ~ floors[name] ~ ')'}) -%}
    {%- endfor -%}
    cast(
        {{ floors[part] }} + case
            when ({{ whole }}) * 100 - ({{ floors.values() | join(' + ') }}) > 0
            {%- for other in parts if other != part %}
                + cast({{ remainders[other] }} {{ '>=' if parts.index(other) < parts.index(part) else '>' }} {{ remainders[part] }} as integer)
            {%- endfor %}
                then 1
            else 0
        end
    as decimal(18, 0)) * 0.01
{%- endmacro %}

{#- Two relations have the same values in all of some columns. -#}
{% macro equal_columns(relation, other, columns) -%}
    {%- for column in columns %}
    {{ relation }}.{{ column }} = {{ other }}.{{ column }}
    {%- if not loop.last %} and{% endif %}
    {%- endfor %}
{%- endmacro %}
