-- The price history is lost: no price before a date, so the unpaid payments before it read 0.
select
    a.appropriation_no, a.activity_key,
    workday(draw_between('zero price', a.activity_key, 0, last_delivery() - news_from() - 3)
        + news_from()) as planted_on,
    'price history lost: unpaid payments before the month of planted_on are 0' as detail,
    if(a.cost_type = 'PER_UNIT', 1, 2) as priority
from activity as a
where a.is_main and a.method in ('INVOICE', 'INTERNAL') and a.cost_type in ('PER_UNIT', 'GLOBAL_RATE')
    and a.root_key not in (select modifies_key from activity where modifies_key is not null)
    and a.granted_on < news_from() - 60
    and coalesce(a.end_new, a.end_first, last_delivery()) > news_from();

update activity set zero_known_on = pick.planted_on, zero_before = month_start(pick.planted_on)
from pick where pick.activity_key = activity.activity_key;
