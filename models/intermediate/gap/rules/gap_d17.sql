-- D17: the price is missing for a time: a payment on a price per unit or a rate has units, and no price or an amount of
-- 0 kr. The case system shows the price of the payment's date as it is now: where it is lost, what was paid before keeps
-- its amount and what is unpaid becomes 0. At stake is what the payments of 0 kr. would cost at the course's nearest price.
-- One gap a course.
with

{{ gap_rule('D17') }},

payment as (

    select
        *,
        nullif(price_per_unit_dkk, 0) as known_price_dkk,
        coalesce(price_per_unit_dkk, 0) = 0 or planned_dkk = 0 as is_without_price
    from {{ ref('fct_course_payment') }}
    where is_current
        and not is_fictive
        and granted_dkk is not null
        and payment_cost_type in ('PER_UNIT', 'GLOBAL_RATE')
        and units > 0

),

priced as (

    select
        *,
        coalesce(
            first_value(known_price_dkk ignore nulls) over (
                partition by course_id order by planned_on rows between current row and unbounded following
            ),
            last_value(known_price_dkk ignore nulls) over (
                partition by course_id order by planned_on rows between unbounded preceding and current row
            )
        ) as nearest_price_dkk
    from payment

),

without_price as (

    select
        course_id,
        min(planned_on) as first_on,
        max(planned_on) as last_on,
        count(*) as payments,
        count(*) filter (where planned_dkk = 0) as payments_of_0,
        cast(
            coalesce(sum(units * nearest_price_dkk) filter (where planned_dkk = 0), 0) as decimal(18, 2)
        ) as amount_dkk
    from priced
    where is_without_price
    group by course_id

)

select
    rule.rule_id,
    course.course_id as business_key,
    rule.severity,
    course.course_id,
    cast(null as varchar) as posting_id,
    course.account_id,
    course.team_id,
    course.provider_id,
    cast(null as varchar) as document_no,
    without_price.amount_dkk,
    without_price.first_on as occurred_on,
    'Prisen mangler på betalinger fra ' || {{ date_da('without_price.first_on') }} || ' til '
        || {{ date_da('without_price.last_on') }} || ' (betalinger: ' || without_price.payments
        || ', heraf på 0 kr.: ' || without_price.payments_of_0 || ').' as text_da

from without_price

inner join {{ ref('dim_course') }} as course
    on without_price.course_id = course.course_id

cross join rule
