-- Courses that the first delivery of their case system did not have, with how late they were registered: the days from
-- start to the first delivery that shows them, and the days for which the last delivery of the month before that one
-- already lacked them. An expected adjustment carries an id of its own until it is granted, but is no new course.
-- Grain: course.
with

delivery as (

    select
        source_system,
        extract_date,
        min(extract_date) over (partition by source_system) as first_extract_date
    from {{ ref('int_bos__delivery_window') }}

),

new_course as (

    select
        course.course_id,
        course.appropriation_id,
        course.activity_no,
        course.status,
        course.team_id,
        course.start_on,
        course.first_seen_on,
        -- what was reported last before the course came
        max(delivery.extract_date) filter (
            where delivery.extract_date < date_trunc('month', course.first_seen_on)
        ) as reported_on
    from {{ ref('int_bos__course') }} as course
    inner join delivery
        on course.source_system = delivery.source_system
        and course.first_seen_on > delivery.first_extract_date
    group by all

),

adjustment as (

    select distinct new_course.course_id
    from new_course
    inner join {{ ref('int_bos__course') }} as adjusted
        on new_course.appropriation_id = adjusted.appropriation_id
        and new_course.activity_no = adjusted.activity_no
        and new_course.status = 'EXPECTED'
        and adjusted.first_seen_granted_on < new_course.first_seen_on

),

payment as (

    select * from {{ ref('int_bos__course_payment') }}

),

reported as (

    select
        new_course.course_id,
        sum(payment.granted_dkk) as reported_dkk
    from new_course
    inner join payment
        on new_course.course_id = payment.course_id
        and new_course.reported_on >= payment.planned_on
        and payment.is_current
        and not payment.is_fictive
    group by new_course.course_id

)

select
    new_course.course_id,
    new_course.team_id,
    new_course.start_on,
    new_course.first_seen_on,
    new_course.reported_on,
    new_course.first_seen_on - new_course.start_on as lag_days,
    case when new_course.start_on < new_course.reported_on then new_course.reported_on - new_course.start_on else 0 end as late_days,
    cast(coalesce(reported.reported_dkk, 0) as decimal(18, 2)) as reported_dkk

from new_course

anti join adjustment
    on new_course.course_id = adjustment.course_id

left join reported
    on new_course.course_id = reported.course_id
