-- Payments with a price that can hardly be right (rule D16). Two values of each are judged: the price that somebody typed,
-- and what it comes to in the payment's period. Against the activity's other courses with the same way of pricing and
-- paying: the median of the courses' own medians, where there are enough courses; and against the course's own usual price
-- (a jump). Of a rate only the number of units is typed. No finding: a small quantity at an ordinary price, a small single
-- payment, and 0 kr. (that is D17). Grain: payment.
with

{{ gap_rule('D16') }},

payment as (

    select
        payment.course_payment_id,
        payment.course_id,
        payment.account_id,
        payment.planned_on,
        payment.planned_dkk,
        payment.left_dkk,
        payment.is_fictive,
        course.activity_no,
        coalesce(payment.payment_cost_type, 'INDIVIDUAL') as payment_cost_type,
        coalesce(payment.payment_frequency, 'ONCE') as payment_frequency,
        payment.granted_dkk is not null as is_granted,
        cast(case payment.payment_cost_type
            when 'PER_UNIT' then nullif(payment.price_per_unit_dkk, 0)
            when 'GLOBAL_RATE' then null
            else abs(payment.planned_dkk)
        end as decimal(18, 4)) as price,
        cast(case payment.payment_cost_type
            when 'PER_UNIT' then abs(payment.planned_dkk)
            when 'GLOBAL_RATE' then payment.units
        end as decimal(18, 4)) as quantity_price
    from {{ ref('fct_course_payment') }} as payment
    inner join {{ ref('dim_course') }} as course
        on payment.course_id = course.course_id
    where payment.is_current
        and payment.planned_dkk <> 0

),

usual_of_course as (

    select
        course_id,
        activity_no,
        payment_cost_type,
        payment_frequency,
        bool_or(is_granted) as is_granted,
        -- one of its prices, so that two of equal length do not make a third
        quantile_disc(price, 0.5) as price,
        quantile_disc(quantity_price, 0.5) as quantity_price
    from payment
    group by course_id, activity_no, payment_cost_type, payment_frequency

),

usual_of_activity as (

    select
        usual_of_course.activity_no,
        usual_of_course.payment_cost_type,
        usual_of_course.payment_frequency,
        count(*) as courses,
        median(usual_of_course.price) as price,
        median(usual_of_course.quantity_price) as quantity_price
    from usual_of_course
    cross join rule
    where usual_of_course.is_granted
    group by
        usual_of_course.activity_no,
        usual_of_course.payment_cost_type,
        usual_of_course.payment_frequency,
        rule.threshold_count
    having count(*) >= rule.threshold_count

),

judged as (

    select
        payment.course_payment_id,
        payment.course_id,
        payment.account_id,
        payment.planned_on,
        payment.planned_dkk,
        payment.left_dkk,
        payment.is_fictive,
        payment.is_granted,
        payment.payment_cost_type,
        payment.price,
        payment.quantity_price,
        usual_of_activity.courses,
        usual_of_activity.price as activity_price,
        usual_of_activity.quantity_price as activity_quantity_price,
        usual_of_course.price as course_price,
        case
            when payment.price * 100 > usual_of_activity.price * rule.threshold_pct then 'high_price'
            when payment.price * 100 < usual_of_activity.price * rule.threshold_low_pct
                and payment.payment_frequency <> 'ONCE' then 'low_price'
            when payment.quantity_price * 100 > usual_of_activity.quantity_price * rule.threshold_pct then 'high_cost'
            when payment.payment_frequency <> 'ONCE'
                and greatest(payment.price, usual_of_course.price) * 100
                > least(payment.price, usual_of_course.price) * rule.threshold_pct then 'jump'
        end as reason

    from payment

    cross join rule

    inner join usual_of_course
        on payment.course_id = usual_of_course.course_id
        and payment.payment_cost_type = usual_of_course.payment_cost_type
        and payment.payment_frequency = usual_of_course.payment_frequency

    left join usual_of_activity
        on payment.activity_no = usual_of_activity.activity_no
        and payment.payment_cost_type = usual_of_activity.payment_cost_type
        and payment.payment_frequency = usual_of_activity.payment_frequency

)

select * from judged
where reason is not null
