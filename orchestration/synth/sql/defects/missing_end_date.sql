-- A measure that is short by nature, granted without an end.
select
    a.appropriation_no, a.activity_key, a.registered_on as planted_on,
    'activity ' || a.activity_no || ' is time-limited by nature but has no end date' as detail,
    -- Old enough for the longest duration of its section to have passed, where there is such a one.
    if(p.section_id <> 'SEL-52-3.7' and a.start_on < last_delivery() - 400, 1, 2) as priority
from activity as a inner join appropriation as p using (appropriation_no)
where a.is_main and p.is_time_limited and a.frequency is not null
    and a.activity_key not in (select modifies_key from activity where modifies_key is not null)
    and a.modifies_key is null
    and a.start_on < last_delivery() - 60;

update activity set end_first = NULL, end_new = NULL, end_known_on = NULL
where activity_key in (select activity_key from pick);
