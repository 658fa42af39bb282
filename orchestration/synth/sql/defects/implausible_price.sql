-- A price typed ten times too high; the supplier invoices the right one.
select
    a.appropriation_no, a.activity_key, a.registered_on as planted_on,
    'x10: price ' || a.price * 10 || coalesce(' units ' || a.units, '') as detail,
    1 as priority
from activity as a
where a.is_main and a.method = 'INVOICE' and a.frequency = 'MONTHLY'
    and a.root_key not in (select modifies_key from activity where modifies_key is not null)
    and a.start_on between last_delivery() - 420 and last_delivery() - 100
    and coalesce(a.end_new, a.end_first, last_delivery()) > greatest(a.start_on, delivered_from()) + 75
    and a.granted_on < last_delivery() - 80;

update activity set
    price = price * 10, price_error = 10, new_price = NULL, new_price_from = NULL, new_price_known_on = NULL
where activity_key in (select activity_key from pick);
