-- Changes of a course's price in time, from its planned payments: stretches of one price, and where one follows another.
-- Payments are compared that are priced and paid the same way; the price of a unit is what is paid for it, since the
-- case system shows the price of today beside amounts of then. A change of unit (half or double at least, for nearly
-- the same amount) is no change of price. Prices on hold and payments of 0 kr. are left out.
{%- set chain = ['course_id', 'payment_cost_type', 'payment_frequency', 'unit_no'] %}
with

{{ held_payments() }},

payment as (

    select
        payment.course_id,
        payment.payment_cost_type,
        payment.payment_frequency,
        payment.planned_on,
        payment.granted_dkk,
        case when payment.payment_cost_type = 'FIXED' then 1 else payment.units end as units
    from {{ ref('fct_course_payment') }} as payment
    anti join held
        on payment.course_payment_id = held.course_payment_id
    where payment.is_current
        and not payment.is_fictive
        and payment.granted_dkk <> 0
        and payment.payment_frequency is not null
        and (payment.payment_cost_type = 'FIXED' or payment.units > 0)

),

priced as (

    select
        *,
        {{ divide('granted_dkk', 'units', 8, digits=28) }} as price,
        lag(granted_dkk) over same_way as last_granted_dkk,
        lag({{ divide('granted_dkk', 'units', 8, digits=28) }}) over same_way as last_price
    from payment
    window same_way as (
        partition by course_id, payment_cost_type, payment_frequency
        order by planned_on
    )

),

compared as (

    select
        *,
        coalesce(
            -- not what the rounding of an amount to øre makes of a price
            abs(price - last_price) * 100 > abs(last_price) * {{ var('price_change_min_pct') }},
            false
        ) as is_new_price,
        coalesce(
            greatest(price, last_price) >= least(price, last_price) * {{ var('price_change_unit_factor') }}
            and abs(granted_dkk - last_granted_dkk) * 100 <= abs(last_granted_dkk) * {{ var('match_tolerance_pct') }},
            false
        ) as is_new_unit
    from priced

),

numbered as (

    select
        *,
        sum(cast(is_new_unit as integer)) over until_then as unit_no,
        sum(cast(is_new_price as integer)) over until_then as price_no
    from compared
    window until_then as (
        partition by course_id, payment_cost_type, payment_frequency
        order by planned_on
        rows between unbounded preceding and current row
    )

),

-- the most exact price of a stretch is that of all its payments
stretch as (

    select
        {{ chain | join(',\n        ') }},
        price_no,
        min(planned_on) as first_planned_on,
        arg_min(units, planned_on) as first_units,
        {{ divide('sum(granted_dkk)', 'sum(units)', 8, digits=28) }} as price
    from numbered
    group by {{ chain | join(', ') }}, price_no

),

stretch_year as (

    select
        {{ chain | join(',\n        ') }},
        price_no,
        year(planned_on) as fiscal_year,
        sum(case when planned_on <= {{ as_of() }} then units else 0 end) as units_to_date,
        sum(units) as units
    from numbered
    group by {{ chain | join(', ') }}, price_no, year(planned_on)

),

change as (

    select
        *,
        year(first_planned_on) as fiscal_year,
        lag(price) over in_chain as old_price,
        row_number() over in_chain > 1 as is_change,
        year(min(first_planned_on) over (partition by {{ chain | join(', ') }})) as first_year,
        row_number() over (
            partition by {{ chain | join(', ') }}, year(first_planned_on)
            order by price_no
        ) as change_of_year
    from stretch
    window in_chain as (
        partition by {{ chain | join(', ') }}
        order by price_no
    )

),

-- all units of the year after the change, also those whose price has changed again: effects then add up
after_change as (

    select
        {%- for column in chain %}
        change.{{ column }},
        {%- endfor %}
        change.price_no,
        sum(stretch_year.units_to_date) as units_to_date,
        sum(stretch_year.units) as units
    from change
    inner join stretch_year
        on {% for column in chain %}change.{{ column }} = stretch_year.{{ column }}
        and {% endfor %}change.fiscal_year = stretch_year.fiscal_year
        and change.price_no <= stretch_year.price_no
    where change.is_change
    group by
        {%- for column in chain %}
        change.{{ column }},
        {%- endfor %}
        change.price_no

),

measured as (

    select
        change.*,
        after_change.units,
        after_change.units_to_date,
        -- the index of the year is in the first change of what ran before the year; what began in it has the year's price
        case
            when change.first_year < change.fiscal_year and change.change_of_year = 1 then price_index.change_pct
            else 0
        end as index_pct,
        coalesce(course.end_on > {{ as_of() }}, course.is_open_ended) as is_going_on,
        course.provider_id,
        course.activity_no
    from change
    inner join after_change
        on {% for column in chain %}change.{{ column }} = after_change.{{ column }}
        and {% endfor %}change.price_no = after_change.price_no
    inner join {{ ref('dim_course') }} as course
        on change.course_id = course.course_id
    left join {{ ref('stg_reference__price_index') }} as price_index
        on change.fiscal_year = price_index.fiscal_year

)

select
    course_id,
    payment_cost_type,
    payment_frequency,
    first_planned_on,
    provider_id,
    activity_no,
    cast(case payment_frequency
        when 'MONTHLY' then date_trunc('month', first_planned_on)
        else first_planned_on
    end as date) as effective_on,
    cast(fiscal_year as integer) as fiscal_year,
    old_price,
    price as new_price,
    cast(units as decimal(18, 4)) as units,
    index_pct,
    {{ money('units * (price - old_price)') }} as effect_year_dkk,
    {{ money('units_to_date * (price - old_price)') }} as effect_to_date_dkk,
    {{ money('units * old_price * index_pct / 100') }} as index_year_dkk,
    -- as if the course ran all year with the units of the first payment: what is ended has no next year
    case
        when not is_going_on then 0
        else {{ divide(
            "first_units * (price - old_price) * case payment_frequency
                when 'MONTHLY' then 12 * 14 when 'BIWEEKLY' then 365 when 'WEEKLY' then 2 * 365 else 14 * 365 end",
            '14'
        ) }}
    end as full_year_effect_dkk
from measured
