-- Days and money of a course, month by month: days by interval arithmetic, money on the months that it pays for.
{%- set money = [
    'planned_by_unit_dkk', 'planned_dkk', 'planned_income_dkk', 'expected_planned_dkk', 'paid_dkk', 'paid_planned_dkk',
    'posted_dkk', 'posted_planned_dkk'
] %}
with

payment as (

    select
        *,
        is_current and granted_dkk is not null and not coalesce(is_fictive, false) as is_planned,
        is_current and status = 'EXPECTED' and not coalesce(is_fictive, false) as is_expected
    from {{ ref('fct_course_payment') }}

),

measured as (

    select
        course_id,
        planned_on,
        payment_frequency,
        case when is_planned then units end as units,
        case when is_planned and units is not null then granted_dkk end as planned_by_unit_dkk,
        case when is_planned then granted_dkk end as planned_dkk,
        case when is_planned and granted_dkk < 0 then granted_dkk end as planned_income_dkk,
        case when is_expected then expected_dkk end as expected_planned_dkk,
        paid_dkk,
        case when is_planned then paid_dkk end as paid_planned_dkk,
        allocated_dkk as posted_dkk,
        case when is_planned then allocated_dkk end as posted_planned_dkk
    from payment

),

{{ service_months('measured') }},

part as (

    select
        course_id,
        month,
        0 as course_days,
        {{ split_part('units', 'days_before', 'days_through', 'service_days', places=4) }} as units,
        {%- for column in money %}
        {{ split_part(column, 'days_before', 'days_through', 'service_days') }} as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from service_month

    union all by name

    select
        course_id,
        month,
        end_on - start_on + 1 as course_days
    from {{ ref('int_unit_price__interval_month') }}

)

select
    course_id,
    month,
    cast(sum(course_days) as bigint) as course_days,
    cast(sum(units) as decimal(18, 4)) as units,
    {%- for column in money %}
    cast(coalesce(sum({{ column }}), 0) as decimal(18, 2)) as {{ column }}{{ ',' if not loop.last }}
    {%- endfor %}
from part
group by course_id, month
