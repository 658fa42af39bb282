{#- Service months: the days that a payment covers, by calendar month. Intervals only, no row a day. -#}

{#- CTEs from `relation` (with planned_on, payment_frequency) to `service_month`: its rows x the months they cover, with
    the days before this part of the payment (days_before), to its end (days_through) and in all (service_days). -#}
{% macro service_months(relation) -%}
service_period as (

    select
        *,
        case
            when payment_frequency in ('DAILY', 'WEEKLY', 'BIWEEKLY') then planned_on
            else cast(date_trunc('month', planned_on) as date)
        end as service_from,
        case payment_frequency
            when 'DAILY' then planned_on
            when 'WEEKLY' then planned_on + 6
            when 'BIWEEKLY' then planned_on + 13
            else last_day(planned_on)
        end as service_to
    from {{ relation }}

),

service_part as (

    select
        *,
        {{ months_between('service_from', 'service_to') }} as month
    from service_period

),

service_month as (

    select
        *,
        greatest(month, service_from) - service_from as days_before,
        least(last_day(month), service_to) - service_from + 1 as days_through,
        service_to - service_from + 1 as service_days
    from service_part

)
{%- endmacro %}

{#- The first days of the months that an interval touches; multiplies the row. -#}
{% macro months_between(from_on, to_on) -%}
    cast(unnest(generate_series(date_trunc('month', {{ from_on }}), {{ to_on }}, interval 1 month)) as date)
{%- endmacro %}

{#- The part of an amount that falls on the stretch (before, through] of a whole. What is reached at the end of each
    stretch is rounded half away from zero and the parts are the differences, so that they sum to the amount.
    Counted in the smallest unit (øre) before dividing: a half is exact in a DOUBLE there, 1.005 kr. is not. -#}
{% macro split_part(amount, before, through, whole, places=2) -%}
    {%- set smallest = 'cast(' ~ amount ~ ' * ' ~ 10 ** places ~ ' as bigint)' -%}
    cast(
        cast(
            round({{ smallest }} * {{ through }} / {{ whole }}) - round({{ smallest }} * {{ before }} / {{ whole }})
        as decimal(18, 0)) * {{ '%.*f' % (places, 10 ** -places) }}
    as decimal(18, {{ places }}))
{%- endmacro %}
