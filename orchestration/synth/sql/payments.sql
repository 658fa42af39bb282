-- The activities with their numbers, and every payment that the case system ever made for them.

create table act as
with numbered as (
    select
        *,
        row_number() over (order by registered_on, activity_key) as activity_id,
        -- The last day that a payment was ever planned for: before or after the end became known.
        greatest(
            coalesce(end_first, horizon(registered_on, least(last_delivery(), end_known_on))),
            if(end_known_on <= last_delivery(), coalesce(end_new, horizon(registered_on, last_delivery())), NULL)
        ) as planned_to,
        case frequency when 'DAILY' then 1 when 'WEEKLY' then 7 when 'BIWEEKLY' then 14 end as step_days
    from activity
),
counted as (
    select
        *,
        case
            when step_days > 0
                then start_on + step_days * greatest(0, ceil((window_from() - start_on) / step_days)::int)
            else greatest(start_on, window_from())
        end as first_on
    from numbered
),
slotted as (
    select
        *,
        case
            when frequency = 'MONTHLY' then date_diff('month', first_on, planned_to) + 1
            when step_days > 0 then (planned_to - first_on) // step_days + 1
            when cost_type is null then 3
            else 1
        end as drawn_slots
    from counted
),
placed as (
    select
        * exclude (drawn_slots),
        greatest(0, drawn_slots) as slots,
        abs(price * coalesce(units, 1)) * case frequency
            when 'MONTHLY' then 12 when 'BIWEEKLY' then 26 when 'WEEKLY' then 52 when 'DAILY' then 60 else 1
        end as year_dkk
    from slotted
)
select
    a.* exclude (appropriation_no, supplier, supplier_no),
    r.activity_id as root_id, m.activity_id as modifies_id,
    -- Payment ids: one block for the granted activity, another for the same payments while it was only expected
    -- (the case system makes them anew).
    1000 + coalesce(sum(2 * a.slots) over earlier, 0)::bigint as id_before,
    {
        'cost_type': a.cost_type, 'price': a.price, 'units': a.units, 'vat_factor_pct': a.vat_factor_pct,
        'new_price': a.new_price, 'new_price_from': a.new_price_from, 'new_price_known_on': a.new_price_known_on,
        'zero_before': a.zero_before, 'zero_known_on': a.zero_known_on
    } as terms,
    b.*, s.cvr, s.name as supplier_name,
    case a.method when 'INVOICE' then 'COMPANY' when 'INTERNAL' then 'INTERNAL' else 'PERSON' end as recipient_type,
    case a.method
        when 'INVOICE' then coalesce(a.recipient_id_error, s.cvr) when 'SD' then p.cpr when 'CASH' then c.parent_cpr
    end as recipient_id,
    case a.method
        when 'INTERNAL' then a.supplier when 'SD' then p.full_name when 'CASH' then c.parent_name
        else case
            when draw('typed', a.activity_id) < 0.04 then upper(s.name)
            when draw('typed', a.activity_id) < 0.07 then s.name || ' '
            when draw('typed', a.activity_id) < 0.10 then regexp_replace(s.name, ' ApS$', '')
            else s.name
        end
    end as recipient_name,
    -- Who may grant follows the cost of a year.
    case
        when a.activity_no = '015030' then 'ungdomskriminalitetsnævnet'
        when a.year_dkk <= 16000 then 'egenkompetence'
        when a.year_dkk <= 65000 then 'teammøde'
        when a.year_dkk <= 160000 then 'fagspecialist'
        when a.year_dkk <= 330000 then 'teamleder'
        else 'afsnitsleder'
    end as approval_level,
    -- Granting anew (when the main activity is adjusted) overwrites the date.
    if(draw('granted anew', a.activity_id) < 0.06, workday(a.granted_on + 190), NULL) as regranted_on
from placed as a
inner join placed as r on r.activity_key = a.root_key
left join placed as m on m.activity_key = a.modifies_key
inner join bevilling as b on b.appropriation_no = a.appropriation_no
inner join case_file as c on c.case_no = b.case_no
left join supplier as s on s.supplier = a.supplier and s.supplier_no = a.supplier_no
left join person as p on p.role = 'carer' and p.person_no = a.recipient_no
window earlier as (order by a.activity_id rows between unbounded preceding and 1 preceding);

create table payment as
with slot as (
    select *, unnest(range(slots)) as slot_no from act
),
dated as (
    select
        activity_id, slot_no, first_on, planned_to,
        case
            when frequency = 'MONTHLY' then add_months(month_start(first_on), slot_no)
                + least(pay_day, day(last_day(add_months(month_start(first_on), slot_no))))::int - 1
            when step_days > 0 then first_on + (step_days * slot_no)::int
            when cost_type is null then start_on + (30 + 45 * slot_no)::int
            else start_on
        end as due_on
    from slot
)
select activity_id, slot_no, due_on
from dated
where due_on between first_on and planned_to
order by due_on, activity_id;

alter table act add column first_due_on date;
update act set first_due_on = p.first_due_on
from (select activity_id, min(due_on) as first_due_on from payment group by activity_id) as p
where p.activity_id = act.activity_id;
