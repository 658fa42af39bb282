-- A second placement granted while the first still runs.
select
    a.appropriation_no, 'o' || a.appropriation_no as activity_key, second_start_on as planted_on,
    'second placement granted while ' || a.activity_no || ' from ' || a.start_on || ' still runs' as detail,
    1 as priority
from (
    select
        a.*,
        workday(greatest(a.start_on + 60, last_delivery() - draw_between('overlap', a.activity_key, 70, 260)))
            as second_start_on
    from activity as a inner join appropriation as p using (appropriation_no)
    where p.section_id = 'SEL-52-3.7' and a.is_main and a.modifies_key is null and a.frequency = 'MONTHLY'
        and a.activity_key not in (select modifies_key from activity where modifies_key is not null)
        -- The second one must not run past the eighteenth birthday: that is another defect.
        and add_months(p.birth_on, 216) > last_delivery() + 30
) as a
where second_start_on < last_delivery() - 45
    and coalesce(a.end_new, a.end_first, no_end()) > second_start_on + 35;

insert into appropriation by name
select
    (select max(appropriation_no) from appropriation) + pick.pick_no as appropriation_no,
    p.child_no, p.case_no, p.birth_on, pick.planted_on as start_on, t.type_no, t.section_id, t.course_group,
    true as is_child_section, false as is_time_limited, t.activity_no, t.method, t.frequency, t.cost_type,
    t.price::double as price, t.units::double as units, t.months::double as months, t.supplier
from pick
inner join appropriation as p using (appropriation_no)
inner join course_type as t on t.type_no = if(p.activity_no = '015031', '1', '6');

insert into activity by name
select
    pick.activity_key, pick.activity_key as root_key, n.appropriation_no, true as is_main, n.activity_no, n.method,
    n.frequency, n.cost_type, 1 as pay_day, n.price, n.units, 100.00 as vat_factor_pct, false as is_fictive,
    pick.planted_on as registered_on, pick.planted_on as granted_on, pick.planted_on as start_on, true as is_dated,
    least(add_months(n.birth_on, 216) - 1, last_day(add_months(pick.planted_on, 14))) as end_first,
    n.supplier, if(n.method = 'INVOICE', 1, NULL) as supplier_no,
    if(n.method = 'SD', 'carer', NULL) as recipient_role, if(n.method = 'SD', 1, NULL) as recipient_no
from pick
inner join appropriation as p using (appropriation_no)
inner join appropriation as n
    on n.child_no = p.child_no and n.start_on = pick.planted_on and n.appropriation_no > p.appropriation_no
qualify row_number() over (partition by pick.activity_key order by n.appropriation_no desc) = 1;
