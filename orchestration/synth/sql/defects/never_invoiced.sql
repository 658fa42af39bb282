-- Granted, but no invoice ever comes.
select a.appropriation_no, a.activity_key, a.start_on as planted_on, 'never invoiced' as detail, 1 as priority
from activity as a
where a.method = 'INVOICE' and a.frequency = 'MONTHLY' and a.modifies_key is null
    and a.activity_key not in (select modifies_key from activity where modifies_key is not null)
    and a.granted_on < last_delivery() - 90
    and coalesce(a.end_new, a.end_first, no_end()) > delivered_from() + 90;

update activity set is_never_invoiced = true
where activity_key in (select activity_key from pick);
