-- One row a course as it stands at the as-of date: what the bridge compares from one date to another.
with

run as (

    select
        as_of,
        cast(year(as_of) as integer) as this_year
    from {{ ref('stg_control__run') }}

),

payment as (

    select * from {{ ref('fct_course_payment') }}
    where is_current
        and not is_fictive

),

planned as (

    select
        payment.course_id,
        min(payment.planned_on) as first_planned_on,
        max(payment.planned_on) as last_planned_on,
        -- what is in force at the as-of date, or what comes first after it
        arg_max(payment.planned_dkk, payment.planned_on) filter (where payment.planned_on <= run.as_of) as due_dkk,
        arg_min(payment.planned_dkk, payment.planned_on) filter (where payment.planned_on > run.as_of) as coming_dkk,
        arg_max(payment.payment_frequency, payment.planned_on) as payment_frequency,
        count(*) filter (where year(payment.planned_on) = run.this_year) as year_payments,
        sum(payment.granted_dkk) filter (where year(payment.planned_on) = run.this_year) as granted_year_dkk,
        sum(payment.expected_dkk) filter (where year(payment.planned_on) = run.this_year) as expected_year_dkk
    from payment
    cross join run
    group by payment.course_id

)

select
    course.course_id,
    course.appropriation_id,
    course.course_type,
    course.section_id,
    course.activity_no,
    course.account_id,
    course.provider_id,
    course.team_id,
    course.status,
    course.is_current,
    course.is_fictive,
    course.recipient_type = 'INTERNAL' as is_internal,
    course.start_on,
    course.end_on,
    course.is_open_ended,
    course.price_dkk,
    course.units,
    planned.payment_frequency,
    planned.first_planned_on,
    planned.last_planned_on,
    coalesce(planned.year_payments, 0) as year_payments,
    cast(coalesce(planned.granted_year_dkk, 0) as decimal(18, 2)) as granted_year_dkk,
    cast(coalesce(planned.expected_year_dkk, 0) as decimal(18, 2)) as expected_year_dkk,
    -- per average month of 365/12 days; a one-time payment has none
    cast(case planned.payment_frequency
        when 'MONTHLY' then coalesce(planned.coming_dkk, planned.due_dkk)
        when 'BIWEEKLY' then {{ divide('coalesce(planned.coming_dkk, planned.due_dkk) * 365', '12 * 14') }}
        when 'WEEKLY' then {{ divide('coalesce(planned.coming_dkk, planned.due_dkk) * 365', '12 * 7') }}
        when 'DAILY' then {{ divide('coalesce(planned.coming_dkk, planned.due_dkk) * 365', '12') }}
    end as decimal(18, 2)) as month_dkk,
    course.first_seen_on,
    course.last_seen_on,
    course.first_seen_granted_on,
    course.first_granted_on,
    course.granted_on

from {{ ref('int_bos__course') }} as course

left join planned
    on course.course_id = planned.course_id
