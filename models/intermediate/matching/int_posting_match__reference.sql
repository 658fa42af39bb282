-- The course's payment id stands in the reference field or in the text: the course is certain, the payment is the one
-- of the nearest service month. An id cut off by the text's length is a prefix; one on a line for several children
-- is only a hint for the bundle.
with

{{ open_for_matching('reference') }},

payment_of_month as (

    select
        *,
        sum(left_dkk) filter (where not is_superseded) over (
            partition by course_id, planned_month
        ) as month_left_dkk
    from payment

),

referring as (

    select
        *,
        coalesce(service_month, cast(date_trunc('month', posted_on) as date)) as month
    from posting
    where course_reference is not null
        and coalesce(child_count, 1) = 1

),

-- an id that ends at the text's cut is a prefix: of a course of the supplier that has a payment in the month
named as (

    select
        posting_id,
        course_reference as course_id,
        service_month
    from referring
    where not is_reference_cut

    union

    select
        referring.posting_id,
        payment.course_id,
        referring.service_month
    from referring
    inner join payment
        on referring.supplier_no = payment.supplier_no
        and referring.month = payment.planned_month
        and starts_with(payment.course_id, referring.course_reference)
    where referring.is_reference_cut

),

-- where the course has the month that the text names, no other month is looked at
named_month as (

    select
        named.posting_id,
        named.course_id,
        course_month.planned_month
    from named
    left join (select distinct course_id, planned_month from payment) as course_month
        on named.course_id = course_month.course_id
        and named.service_month = course_month.planned_month

),

-- a line that pays for all of the month's payments belongs to course_month
paying_month as (

    select distinct referring.posting_id
    from referring
    inner join named_month
        on referring.posting_id = named_month.posting_id
    inner join payment_of_month as payment
        on named_month.course_id = payment.course_id
        and coalesce(named_month.planned_month = payment.planned_month, true)
    -- of a month with one payment the sum is the payment
    where payment.month_left_dkk <> payment.left_dkk
        and payment.supplier_no is not null
        and abs(referring.amount_dkk - payment.month_left_dkk) <= {{ match_tolerance('payment.month_left_dkk') }}
        and abs(referring.amount_dkk - payment.left_dkk) > {{ match_tolerance('payment.left_dkk') }}

),

pair as (

    select
        referring.posting_id,
        referring.amount_dkk,
        referring.posted_on,
        referring.service_month,
        payment.*,
        case
            when referring.service_month is not null
                then abs(date_diff('month', referring.service_month, payment.planned_month))
            -- of a course of ten years only what may be paid now is a candidate
            when {{ paid_gap('referring', 'payment') }} < 100 then 0
            when payment.planned_on between referring.posted_on - {{ var('match_window_days') }}
                and referring.posted_on + {{ var('match_early_days') }}
                then 0
            else 1 + abs(date_diff('month', referring.month, payment.planned_month))
        end as month_gap
    from referring
    anti join paying_month
        on referring.posting_id = paying_month.posting_id
    inner join named_month
        on referring.posting_id = named_month.posting_id
    inner join payment
        on named_month.course_id = payment.course_id
        and coalesce(named_month.planned_month = payment.planned_month, true)

),

nearest_month as (

    select
        posting_id,
        min(month_gap) as month_gap
    from pair
    group by posting_id

),

nearest as (

    select pair.*
    from pair
    inner join nearest_month
        on pair.posting_id = nearest_month.posting_id
        and pair.month_gap = nearest_month.month_gap

),

candidate as (

    select
        posting_id,
        course_payment_id,
        amount_dkk,
        -- a reversal undoes a met payment, it does not need an open one
        is_met and sign(amount_dkk) = sign(planned_dkk) as is_met,
        -- of several plans of the month the one that lies nearest; of equal ones an amount says nothing
        abs(amount_dkk - left_dkk) - min(abs(amount_dkk - left_dkk)) over (partition by posting_id)
        > {{ var('match_tolerance_dkk') }} as is_amount_off,
        {{ paid_gap('nearest', 'nearest') }} as paid_gap,
        {{ order_gap('nearest', 'nearest') }} as order_gap,
        case
            when payment_method in ('SD', 'CASH') then abs(posted_on - expected_on)
            else {{ lag_gap('nearest', 'nearest') }}
        end as day_gap,
        abs(amount_dkk - left_dkk) as amount_gap,
        planned_on,
        {{ twins('nearest', 'nearest') }} as twins
    from nearest

),

-- the course is certain, so that the earliest payment breaks the last tie
{{ assign_matches(
    ['is_amount_off', 'paid_gap', 'order_gap', 'day_gap', 'amount_gap', 'planned_on'], '1.0 / twins', candidates='twins'
) }}

{{ whole_matches('reference') }}
