-- Number × service level × price is the cost, to the øre, by the day and by the unit; without days there is no price.
select
    month,
    section_id,
    activity_no,
    provider_id,
    target_group,
    is_unattached
from {{ ref('mart_unit_price') }}
where (
    is_covered
    and course_days > 0
    and round(active_courses * days_per_course * unit_price_day, 2) is distinct from cost_total_dkk
)
or (
    active_courses > 0
    and units <> 0
    and round(active_courses * units_per_course * price_per_unit, 2) is distinct from cost_by_unit_dkk
)
or (course_days = 0 and unit_price_day is not null)
