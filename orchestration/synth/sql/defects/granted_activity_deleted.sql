-- A granted follow-up activity removed by hand: its payments vanish from later extracts.
select
    a.appropriation_no, a.activity_key,
    workday(news_from() + draw_between(
        'deleted', a.activity_key, 0, last_delivery() - news_from() - 3)) as planted_on,
    'granted supplementary activity removed in the admin; its payments vanish from later extracts' as detail,
    1 as priority
from activity as a
where not a.is_main and a.frequency = 'MONTHLY'
    and a.granted_on < news_from() - 20 and a.start_on < news_from() - 40
    and coalesce(a.end_new, a.end_first, no_end()) > last_delivery() + 20;

update activity set deleted_on = pick.planted_on
from pick where pick.activity_key = activity.activity_key;
