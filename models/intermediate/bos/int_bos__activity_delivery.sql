-- What each activity looked like in each delivery: delivery x course x start. The report names no activity; a start
-- names it within its course.
select
    source_system,
    extract_date,
    course_id,
    start_on,
    case when bool_and(end_on is not null) then max(end_on) end as end_on,
    -- GRANTED before EXPECTED
    max(activity_status) as activity_status,
    max(appropriation_id) as appropriation_id,
    max(activity_no) as activity_no,
    max(payment_frequency) as payment_frequency,
    min(planned_on) as first_planned_on,
    max(planned_on) as last_planned_on,
    -- the report's window goes by this date
    max(coalesce(paid_on, planned_on)) as last_reported_on,
    cast(coalesce(sum(planned_dkk) filter (
        where report = 'granted' and not is_fictive and planned_on <= extract_date
    ), 0) as decimal(18, 2)) as due_dkk

from {{ ref('stg_bos__course_payment') }}

group by source_system, extract_date, course_id, start_on
