-- Courses without the child and the case.
with

course as (

    select * from {{ ref('int_bos__course') }}

),

course_days as (

    select
        course_id,
        sum(end_on - start_on + 1) as course_days
    from {{ ref('int_bos__course_interval') }}
    group by course_id

)

select
    course.course_id,
    course.source_system,
    course.course_type,
    course.status,
    course.is_current,
    course.section_id,
    course.activity_no,
    course.main_activity_no,
    course.category_no,
    course.account_id,
    course.source_account,
    course.provider_id,
    course.recipient_type,
    course.payment_method,
    course.payment_frequency,
    course.payment_cost_type,
    course.price_dkk,
    case course.payment_cost_type when 'PER_UNIT' then 'unit' when 'GLOBAL_RATE' then 'rate' when 'FIXED' then 'payment' end as price_unit,
    course.units,
    course.is_fictive,
    course.start_on,
    course.end_on,
    course.is_open_ended,
    cast(coalesce(course_days.course_days, 0) as bigint) as course_days,
    course.first_seen_on,
    course.first_seen_granted_on,
    course.last_seen_on,
    course.first_granted_on,
    course.granted_on,
    course.approval_level,
    course.target_group,
    course.team_id,
    cast(
        date_diff('year', course.child_birth_on, course.start_on)
        - case when strftime(course.start_on, '%m%d') < strftime(course.child_birth_on, '%m%d') then 1 else 0 end
        as integer
    ) as age_at_start_years,
    course.paying_municipality

from course

left join course_days
    on course.course_id = course_days.course_id
