-- The service stopped, nobody ended the course: planned payments go on, invoices do not.
select
    a.appropriation_no, a.activity_key,
    month_start(last_delivery() - draw_between('stopped', a.activity_key, 110, 200)) as planted_on,
    'service stopped on planted_on, not ended in BOS' as detail, 1 as priority
from activity as a
where a.is_main and a.method = 'INVOICE' and a.frequency = 'MONTHLY'
    and a.root_key not in (select modifies_key from activity where modifies_key is not null)
    and a.granted_on < last_delivery() - 240
    and coalesce(a.end_first, no_end()) > last_delivery()
    and coalesce(a.end_new, no_end()) > last_delivery();

update activity set stopped_on = pick.planted_on
from pick where pick.activity_key = activity.activity_key;
