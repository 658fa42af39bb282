-- A follow-up activity re-opened without an end after its main course has ended.
select
    appropriation_no, a.activity_key,
    workday(m.main_end_on + draw_between('re-open', a.activity_key, 8, 60)) as planted_on,
    'supplementary activity re-opened without end date, main activity has ended' as detail,
    if(m.main_end_on > last_delivery() - 500, 1, 2) as priority
from activity as a
inner join (
    select
        appropriation_no, max(coalesce(end_new, end_first, no_end())) as main_end_on,
        max(coalesce(end_known_on, granted_on)) as main_known_on
    from activity where is_main group by appropriation_no
) as m using (appropriation_no)
inner join appropriation as p using (appropriation_no)
where not a.is_main and a.frequency = 'MONTHLY' and a.granted_on < m.main_end_on
    -- Not with the eighteenth birthday: that is another defect.
    and add_months(p.birth_on, 216) > last_delivery() + 200
    and m.main_end_on between last_delivery() - 800 and last_delivery() - 70
    and m.main_known_on < m.main_end_on + 8
    and a.end_first is not null and a.end_new is null;

update activity set end_new = NULL, end_known_on = pick.planted_on
from pick where pick.activity_key = activity.activity_key;
