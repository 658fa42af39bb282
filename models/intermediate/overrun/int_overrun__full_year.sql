-- What granted courses cost next year in full, as they stand at the as-of date: course x account x month of next year.
-- The case system plans an open-ended course to a horizon only: from there it is carried on at its last payment's amount
-- and rhythm, as the plan will be when the case system renews it. Time-limited courses are planned to their end.
with

run as (

    select
        as_of,
        make_date(year(as_of) + 1, 1, 1) as year_from,
        make_date(year(as_of) + 1, 12, 31) as year_to
    from {{ ref('stg_control__run') }}

),

{{ held_payments() }},

committed as (

    select
        course_id,
        account_id,
        month,
        committed_next_year
    from {{ ref('int_overrun__line') }}
    where committed_next_year is not null

),

last_payment as (

    select
        payment.course_id,
        payment.course_payment_id,
        payment.account_id,
        payment.is_fictive,
        payment.granted_dkk,
        payment.planned_on,
        payment.payment_frequency,
        case payment.payment_frequency
            when 'DAILY' then 1
            when 'WEEKLY' then 7
            when 'BIWEEKLY' then 14
        end as step_days
    from {{ ref('fct_course_payment') }} as payment
    inner join {{ ref('dim_course') }} as course
        on payment.course_id = course.course_id
    where course.is_open_ended
        and payment.is_current
        and payment.granted_dkk is not null
    qualify row_number() over (partition by payment.course_id order by payment.planned_on desc) = 1

),

-- a plan that ended before the as-of date is no running course; one-time and individual payments do not repeat
running as (

    select last_payment.*
    from last_payment
    cross join run
    anti join held
        on last_payment.course_payment_id = held.course_payment_id
    where not last_payment.is_fictive
        and case
            when last_payment.payment_frequency = 'MONTHLY' then last_payment.planned_on + interval 1 month > run.as_of
            else last_payment.planned_on + last_payment.step_days > run.as_of
        end

),

running_month as (

    select
        running.*,
        {{ months_between('run.year_from', 'run.year_to') }} as month
    from running
    cross join run

),

-- payments at whole steps from the last one, later than it and within the month: counted, not listed
counted as (

    select
        *,
        case
            when payment_frequency = 'MONTHLY' then cast(month > planned_on as integer)
            else
                greatest(last_day(month) - planned_on, 0) // step_days
                - greatest(month - 1 - planned_on, 0) // step_days
        end as payments
    from running_month

),

combined as (

    select * from committed

    union all by name

    select
        course_id,
        account_id,
        month,
        payments * granted_dkk as carried_dkk
    from counted
    where payments > 0

)

select
    course_id,
    account_id,
    month,
    cast(coalesce(sum(committed_next_year), 0) as decimal(18, 2)) as committed_next_year,
    cast(coalesce(sum(carried_dkk), 0) as decimal(18, 2)) as carried_dkk,
    cast(coalesce(sum(committed_next_year), 0) + coalesce(sum(carried_dkk), 0) as decimal(18, 2)) as full_year_effect
from combined
group by course_id, account_id, month
