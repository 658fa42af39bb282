-- Never granted, but the supplier invoices from the start.
select
    a.appropriation_no, a.activity_key,
    workday(a.start_on + draw_between('expected', a.activity_key, -12, 18)) as planted_on,
    'EXPECTED from ' || a.start_on || ', never granted, supplier invoices' as detail,
    1 as priority
from activity as a
where a.is_main and a.method = 'INVOICE' and a.frequency = 'MONTHLY'
    and a.root_key not in (select modifies_key from activity where modifies_key is not null)
    and a.start_on between greatest(delivered_from() - 120, last_delivery() - 400)
        and last_delivery() - 75
    and coalesce(a.end_new, a.end_first, last_delivery()) > greatest(a.start_on, delivered_from()) + 75;

update activity set
    registered_on = pick.planted_on, granted_on = NULL, is_invoiced_expected = true, end_new = NULL, end_known_on = NULL
from pick where pick.activity_key = activity.activity_key;

-- Nothing else is granted under a main activity that is not.
delete from activity using pick
where activity.appropriation_no = pick.appropriation_no and activity.activity_key <> pick.activity_key;
