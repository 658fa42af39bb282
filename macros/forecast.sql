{#- What the forecast's models share: what is known of a month, and how far experience is believed. -#}

{#- All that is known of a month, posted or planned. -#}
{% macro known_of_month(relation) -%}
    {{ relation }}.posted_dkk + {{ relation }}.accrued_dkk + {{ relation }}.committed_dkk
    + {{ money(relation ~ '.pipeline_dkk * ' ~ var('pipeline_probability')) }}
{%- endmacro %}

{#- The share of belief in `observations` steps of experience against what was believed before: n / (n + k). -#}
{% macro credibility(observations) -%}
    {{ divide(observations, observations ~ ' + ' ~ var('development_credibility'), places=6) }}
{%- endmacro %}

{#- The share of belief in a group's own experience against its frame's: square root of its courses to those that stand
    alone (limited fluctuation credibility). -#}
{% macro full_credibility(courses) -%}
    cast(least(1, sqrt({{ courses }} / {{ var('development_full_courses') }})) as decimal(18, 6))
{%- endmacro %}

{#- A factor of one month's step, within the cap on both sides of 1. -#}
{% macro capped_factor(expression) -%}
    cast(greatest(
        least({{ expression }}, 1 + {{ var('development_cap_pct') }} / 100), 1 - {{ var('development_cap_pct') }} / 100
    ) as decimal(18, 6))
{%- endmacro %}

{#- CTE `held`: payments whose price nobody has confirmed yet (rule D16): their money is shown, but not believed. -#}
{% macro held_payments() -%}
held as (

    select
        payment.course_payment_id,
        payment.course_id
    from {{ ref('int_gap__implausible_payment') }} as payment
    inner join {{ ref('int_gap__price_hold') }} as price_hold
        on payment.course_id = price_hold.course_id
    where not price_hold.is_confirmed

)
{%- endmacro %}
