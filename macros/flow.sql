{#- The day a child turns so many years (fødselsdag). One born on 29 February turns on 1 March in a common year, as a
    whole year has not passed before. -#}
{% macro birthday(birth_on, years) -%}
    cast(
        {{ birth_on }} + to_years({{ years }})
        + to_days(cast(day({{ birth_on }} + to_years({{ years }})) <> day({{ birth_on }}) as integer))
    as date)
{%- endmacro %}

{#- The last day of what has not ended. -#}
{% macro open_end() -%}
    date '{{ var('calendar_last_on', '2040-12-31') }}'
{%- endmacro %}

{#- Whether a child born on that day is of the age band on a day; a child without a birth date is of none. -#}
{% macro in_age_band(birth_on, on_day) -%}
    coalesce({{ on_day }} >= {{ birthday(birth_on, 'age_band.from_years') }}, {{ birth_on }} is not null)
    and coalesce({{ on_day }} < {{ birthday(birth_on, 'age_band.to_years + 1') }}, {{ birth_on }} is not null)
{%- endmacro %}
