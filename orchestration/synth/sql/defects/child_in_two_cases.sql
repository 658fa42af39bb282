-- A second case opened for a child that has one: its later appropriation lies there.
select p.appropriation_no, NULL as activity_key, p.start_on as planted_on, NULL as detail, 1 as priority
from appropriation as p
where p.case_no = p.child_no
    and p.appropriation_no in (select appropriation_no from activity where is_main and granted_on < last_delivery())
    and exists (
        select * from appropriation as o
        inner join activity as a using (appropriation_no)
        where o.child_no = p.child_no and o.appropriation_no < p.appropriation_no
            and a.is_main and a.granted_on < first_delivery()
    );

update appropriation set case_no = children() + pick.pick_no
from pick where pick.appropriation_no = appropriation.appropriation_no;
