-- Payments with a price that can hardly be right (rule D16). What somebody typed is judged, the first of these that fails:
--   price  the price per unit, or the amount, against the activity's other courses that are priced and paid the same way
--   cost   what it comes to in a payment, against the same; of a rate the number of units, as nothing else is typed
--   month  what it comes to in a month, against all running courses of the activity, where the same way has too few and
--          courses do not differ too much for a median to say anything
--   jump   the price against the course's own usual one
-- Courses are compared by the median of their own medians, where there are enough of them. No finding: a small quantity at
-- an ordinary price, a small single payment, and 0 kr. (that is D17). Grain: payment.
with

{{ gap_rule('D16') }},

payment as not materialized (

    select
        payment.course_payment_id,
        payment.course_id,
        payment.account_id,
        payment.planned_on,
        payment.planned_dkk,
        payment.left_dkk,
        payment.is_fictive,
        course.activity_no,
        payment.granted_dkk is not null as is_granted,
        coalesce(payment.payment_cost_type, 'INDIVIDUAL') as payment_cost_type,
        coalesce(payment.payment_frequency, 'ONCE') as payment_frequency,
        cast(case payment.payment_cost_type
            when 'PER_UNIT' then nullif(payment.price_per_unit_dkk, 0)
            when 'GLOBAL_RATE' then null
            else abs(payment.planned_dkk)
        end as decimal(18, 4)) as price,
        cast(case payment.payment_cost_type
            when 'PER_UNIT' then abs(payment.planned_dkk)
            when 'GLOBAL_RATE' then payment.units
        end as decimal(18, 4)) as cost,
        case
            when payment.payment_cost_type <> 'GLOBAL_RATE'
                then {{ divide("abs(payment.planned_dkk) * case payment.payment_frequency
                    when 'MONTHLY' then 12 when 'BIWEEKLY' then 26 when 'WEEKLY' then 52 when 'DAILY' then 365 end", '12') }}
        end as month_cost
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
        quantile_disc(cost, 0.5) as cost,
        quantile_disc(month_cost, 0.5) as month_cost
    from payment
    group by course_id, activity_no, payment_cost_type, payment_frequency

),

same_way as (

    select
        usual_of_course.activity_no,
        usual_of_course.payment_cost_type,
        usual_of_course.payment_frequency,
        count(*) as courses,
        median(cast(usual_of_course.price as decimal(18, 4))) as price,
        median(cast(usual_of_course.cost as decimal(18, 4))) as cost
    from usual_of_course
    cross join rule
    where usual_of_course.is_granted
    group by
        usual_of_course.activity_no,
        usual_of_course.payment_cost_type,
        usual_of_course.payment_frequency
    having count(*) >= min(rule.threshold_count)

),

any_way as (

    select
        usual_of_course.activity_no,
        count(*) as courses,
        median(cast(usual_of_course.month_cost as decimal(18, 2))) as month_cost
    from usual_of_course
    cross join rule
    where usual_of_course.is_granted
        and usual_of_course.month_cost is not null
    group by usual_of_course.activity_no
    having count(*) >= min(rule.threshold_count)
        -- a quarter of the courses beyond the limit is how the activity is, not what somebody typed
        and quantile_cont(cast(usual_of_course.month_cost as decimal(18, 2)), 0.75) * 100
        <= median(cast(usual_of_course.month_cost as decimal(18, 2))) * min(rule.threshold_pct)
        and quantile_cont(cast(usual_of_course.month_cost as decimal(18, 2)), 0.25) * 100
        >= median(cast(usual_of_course.month_cost as decimal(18, 2))) * min(rule.threshold_low_pct)

),

compared as (

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
        payment.payment_frequency,
        unnest([1, 2, 3, 4]) as reason_no,
        unnest(['price', 'cost', 'month', 'jump']) as reason,
        unnest([payment.price, payment.cost, payment.month_cost, payment.price]) as found,
        unnest([
            same_way.price,
            same_way.cost,
            case when same_way.courses is null then any_way.month_cost end,
            usual_of_course.price
        ]) as usual,
        unnest([same_way.courses, same_way.courses, any_way.courses, null]) as courses

    from payment

    inner join usual_of_course
        on payment.course_id = usual_of_course.course_id
        and payment.payment_cost_type = usual_of_course.payment_cost_type
        and payment.payment_frequency = usual_of_course.payment_frequency

    left join same_way
        on payment.activity_no = same_way.activity_no
        and payment.payment_cost_type = same_way.payment_cost_type
        and payment.payment_frequency = same_way.payment_frequency

    left join any_way
        on payment.activity_no = any_way.activity_no

)

select compared.*

from compared

cross join rule

where case compared.reason
    when 'jump' then compared.payment_frequency <> 'ONCE'
        and greatest(compared.found, compared.usual) * 100 > least(compared.found, compared.usual) * rule.threshold_pct
    when 'cost' then compared.found * 100 > compared.usual * rule.threshold_pct
    else compared.found * 100 > compared.usual * rule.threshold_pct
        or (compared.found * 100 < compared.usual * rule.threshold_low_pct and compared.payment_frequency <> 'ONCE')
end

qualify row_number() over (partition by compared.course_payment_id order by compared.reason_no) = 1
