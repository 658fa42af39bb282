-- The same course entered twice; the supplier invoices it once.
select
    a.appropriation_no, 'd' || a.appropriation_no as activity_key,
    workday(a.granted_on + draw_between('duplicate', a.activity_key, 4, 20)) as planted_on,
    'same section/activity/price/provider entered twice' as detail,
    1 as priority
from activity as a
where a.is_main and a.modifies_key is null and a.method = 'INVOICE' and a.frequency in ('MONTHLY', 'BIWEEKLY')
    and a.activity_key not in (select modifies_key from activity where modifies_key is not null)
    and a.start_on < last_delivery() - 60
    and coalesce(a.end_new, a.end_first, no_end()) > delivered_from() + 60;

insert into appropriation by name
select
    p.* replace (
        (select max(appropriation_no) from appropriation) + pick.pick_no as appropriation_no
    )
from pick inner join appropriation as p using (appropriation_no);

insert into activity by name
select
    a.* replace (
        pick.activity_key as activity_key, pick.activity_key as root_key, n.appropriation_no as appropriation_no,
        pick.planted_on as registered_on, pick.planted_on as granted_on, true as is_never_invoiced,
        if(a.end_known_on <= pick.planted_on + 5, a.end_new, a.end_first) as end_first,
        if(a.end_known_on <= pick.planted_on + 5, NULL, a.end_new) as end_new,
        if(a.end_known_on <= pick.planted_on + 5, NULL, a.end_known_on) as end_known_on
    )
from pick
inner join activity as a on a.appropriation_no = pick.appropriation_no and a.is_main
inner join appropriation as p on p.appropriation_no = pick.appropriation_no
-- the one that was just made of the pick: a child may have another that begins that day with the same activity
inner join appropriation as n
    on n.appropriation_no
    = (select max(appropriation_no) from appropriation) - (select max(pick_no) from pick) + pick.pick_no;
