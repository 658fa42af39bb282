-- The child's number typed wrong: nine digits, or a date that does not exist.
select
    p.appropriation_no, NULL as activity_key, p.start_on as planted_on, 'true ' || c.cpr as detail, 1 as priority,
    if(draw('wrong cpr', p.child_no) < 0.5, c.cpr[1:7] || c.cpr[9:10], '9102' || c.cpr[5:10]) as wrong
from appropriation as p
inner join person as c on c.role = 'child' and c.person_no = p.child_no
where p.case_no = p.child_no
    and p.child_no not in (select child_no from appropriation where case_no <> child_no)
    and p.appropriation_no in (select appropriation_no from activity where is_main and granted_on < last_delivery())
qualify row_number() over (partition by p.child_no order by p.appropriation_no) = 1;

insert into case_error (case_no, wrong_cpr)
select p.case_no, pick.wrong from pick inner join appropriation as p using (appropriation_no);
