-- The recipient's number typed wrong: a digit short, two digits swapped, another company's.
select
    a.appropriation_no, a.activity_key, a.registered_on as planted_on,
    'recipient_id ''' || wrong || ''', provider ' || s.cvr || ' ' || s.name as detail,
    if(coalesce(a.end_new, a.end_first, no_end()) > delivered_from(), 1, 2) as priority,
    wrong
from activity as a
inner join supplier as s using (supplier, supplier_no)
inner join (
    select cvr, coalesce(lead(cvr) over (order by cvr), min(cvr) over ()) as next_cvr
    from (select distinct cvr from supplier)
) as o on o.cvr = s.cvr, lateral (
    select case draw_between('wrong cvr', a.activity_key, 0, 2)
        when 0 then s.cvr[1:2] || s.cvr[4:8]
        when 1 then s.cvr[1:3] || s.cvr[5] || s.cvr[4] || s.cvr[6:8]
        else o.next_cvr
    end as wrong
)
where a.is_main and a.method = 'INVOICE' and a.modifies_key is null and wrong <> s.cvr;

update activity set recipient_id_error = pick.wrong
from pick where pick.activity_key = activity.activity_key;
