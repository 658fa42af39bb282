-- Registered and granted months after the start: the course turns up in a later delivery only.
select
    a.appropriation_no, a.activity_key,
    workday(greatest(a.start_on + 95, news_from())
        + draw_between('retroactive grant', a.activity_key, 0, 20)) as planted_on,
    'start ' || a.start_on || ', granted on planted_on' as detail,
    if(a.method in ('INVOICE', 'SD'), 1, 2) as priority
from activity as a
where a.is_main and a.frequency in ('MONTHLY', 'BIWEEKLY')
    and a.root_key not in (select modifies_key from activity where modifies_key is not null)
    and a.start_on between last_delivery() - 330 and last_delivery() - 120
    and coalesce(a.end_new, a.end_first, last_delivery()) > a.start_on + 60
    and greatest(a.start_on + 95, news_from()) + 23 <= last_delivery();

update activity set
    registered_on = greatest(activity.registered_on, pick.planted_on),
    granted_on = greatest(activity.granted_on, pick.planted_on),
    end_first = if(activity.end_known_on <= pick.planted_on + 5, activity.end_new, activity.end_first),
    end_new = if(activity.end_known_on <= pick.planted_on + 5, NULL, activity.end_new),
    end_known_on = if(activity.end_known_on <= pick.planted_on + 5, NULL, activity.end_known_on)
from pick where pick.appropriation_no = activity.appropriation_no;
