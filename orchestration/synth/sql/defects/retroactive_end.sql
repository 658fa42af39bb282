-- The end is set months back: the case system deletes the payments after it, paid ones too.
select
    a.appropriation_no, a.activity_key, planted_on,
    'end date set back to ' || end_on || ' on planted_on; past payments deleted by BOS' as detail,
    if(a.method = 'INVOICE', 1, 2) as priority,
    end_on
from activity as a, lateral (
    select
        workday(news_from() + draw_between('retroactive end', a.activity_key, 0, last_delivery() - news_from() - 3))
            as planted_on,
        month_start(add_months(planted_on, -2)) - 1 as end_on
)
where a.is_main and a.frequency in ('MONTHLY', 'BIWEEKLY') and a.method in ('INVOICE', 'SD')
    and a.modifies_key is null
    and a.activity_key not in (select modifies_key from activity where modifies_key is not null)
    and a.granted_on < planted_on - 150 and a.start_on < planted_on - 150
    and (a.end_first is null or a.end_first > planted_on)
    and (a.end_new is null or a.end_known_on > planted_on + 10);

update activity set end_new = pick.end_on, end_known_on = pick.planted_on, is_retroactive_end = true
from pick
where pick.appropriation_no = activity.appropriation_no and activity.frequency is not null
    and activity.start_on < pick.end_on and coalesce(activity.end_first, no_end()) > pick.end_on;

-- What would have begun after the end was never entered.
delete from activity using pick
where pick.appropriation_no = activity.appropriation_no and activity.start_on >= pick.end_on;
