-- Hvorfor er forventningen en anden end sidste måned? De ti forløb og konti, der trak mest.
select
    account_id,
    course_id,
    change,
    new_courses,
    ended_or_shortened,
    prolonged,
    price,
    service_level,
    late_registration,
    posted_against_plan
from marts.mart_overrun_bridge
order by abs(change) desc, account_id, course_id
limit 10;
