-- A course under a child's section, open-ended past the eighteenth birthday.
select
    a.appropriation_no, a.activity_key, greatest(a.registered_on, p.birth_on) as planted_on,
    'born ' || p.birth_on || ', ' || p.section_id || ' open-ended past 18' as detail,
    if(p.section_id = 'SEL-52-3.7', 1, 2) as priority
from activity as a inner join appropriation as p using (appropriation_no)
where a.is_main and p.is_child_section and a.frequency in ('MONTHLY', 'BIWEEKLY')
    and add_months(p.birth_on, 216) between a.start_on + 30 and last_delivery() - 40
    and a.activity_key not in (select modifies_key from activity where modifies_key is not null)
    and a.start_on > last_delivery() - 1000;

update activity set end_first = NULL, end_new = NULL, end_known_on = NULL
where activity_key in (select activity_key from pick);
