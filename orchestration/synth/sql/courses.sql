-- Appropriations and their activities as they really went, with the day on which the case system came to know
-- each fact: `registered_on`, `granted_on`, `end_known_on`. A delivery shows what was known on its day.

create macro pay_day_of(key) as
    if(draw('pay day', key) < 0.6, 1, one_of([15, 15, 15, 28, 30, 31], 'other pay day', key));

-- The main courses that a child may get: weights cumulated per target group and age, so that one draw chooses.
create table course_choice as
with eligible as (
    select g.is_handicap, a.age, t.type_no, t.weight::double as weight
    from course_type as t
    cross join (values (false), (true)) as g(is_handicap)
    inner join range(23) as a(age) on a.age between t.age_from::int and t.age_to::int
    where t.target = 'any' or g.is_handicap
)
select
    is_handicap, age, type_no,
    (sum(weight) over w - weight) / sum(weight) over total as from_share,
    sum(weight) over w / sum(weight) over total as to_share
from eligible
window
    w as (partition by is_handicap, age order by type_no::int rows unbounded preceding),
    total as (partition by is_handicap, age);

create table appropriation as
with wanted as (
    select
        c.child_no, c.birth_on, c.is_handicap, j,
        c.child_no || '.' || j as key,
        last_delivery() + 45 - floor(
            (last_delivery() + 445 - window_from())
            * pow(draw('start', c.child_no || '.' || j), 1.2)
        )::int as drawn_on
    from child as c
    cross join (values (1, 1.0), (2, 0.7), (3, 0.45), (4, 0.2), (5, 0.05)) as t(j, share)
    where draw('appropriation', c.child_no || '.' || j) < t.share
),
started as (
    select *, if(draw('first of month', key) < 0.7, month_start(drawn_on), drawn_on) as start_on from wanted
),
chosen as (
    select s.*, t.*
    from started as s
    inner join course_choice as c
        on c.is_handicap = s.is_handicap
        and c.age = date_sub('year', s.birth_on, s.start_on)
        and draw('course', s.key) >= c.from_share and draw('course', s.key) < c.to_share
    inner join course_type as t using (type_no)
    where s.birth_on < s.start_on
    -- Two placements, or the same measure twice, only where it is planted.
    qualify row_number() over (
        partition by s.child_no, case
            when t.course_group in ('foster', 'residence') then 'placement'
            when t.course_group = 'contact' then 'contact person'
            else t.activity_no
        end
        order by j
    ) = 1
)
select
    row_number() over (order by child_no, j) as appropriation_no,
    child_no, child_no as case_no, birth_on, start_on, type_no, section_id, course_group,
    age_to::int < 18 as is_child_section, is_time_limited::boolean as is_time_limited,
    activity_no, method, frequency, cost_type, price::double as price, units::double as units,
    spread::double as spread, months::double as months, open_share::double as open_share, supplier
from chosen;

create table activity (
    activity_key varchar, root_key varchar, modifies_key varchar, appropriation_no bigint,
    is_main boolean, activity_no varchar, method varchar, frequency varchar, cost_type varchar, pay_day int,
    price decimal(18, 2), units decimal(18, 2), vat_factor_pct decimal(5, 2), is_fictive boolean,
    new_price decimal(18, 2), new_price_from date, new_price_known_on date,
    registered_on date, granted_on date, start_on date, is_dated boolean,
    -- The end as first registered, and what it was changed to on end_known_on (NULL: re-opened).
    end_first date, end_new date, end_known_on date,
    supplier varchar, supplier_no bigint, recipient_role varchar, recipient_no bigint,
    recipient_id_error varchar,
    -- What is planted (defects/): see planted.csv.
    deleted_on date, zero_before date, zero_known_on date, price_error int default 1, stopped_on date,
    is_never_invoiced boolean default false, is_invoiced_expected boolean default false,
    is_retroactive_end boolean default false
);

-- Main activities. A course runs for months; the end is known from the start, or set while it runs.
insert into activity by name
with drawn as (
    select
        *,
        'm' || appropriation_no as activity_key,
        day(start_on) = 1 as is_whole_months,
        months * (0.4 + 1.4 * draw('months', appropriation_no)) as months_drawn,
        -- A section of the law ends with the eighteenth (after-care: the twenty-third) birthday.
        add_months(birth_on, 12 * if(is_child_section, 18, 23)) - 1 as last_day_of_section,
        workday(start_on + if(draw('ahead', appropriation_no) < 0.55,
            draw_between('ahead days', appropriation_no, -42, -5),
            draw_between('late days', appropriation_no, 0, 32))) as registered_on
    from appropriation
),
ended as (
    select
        *,
        least(last_day_of_section, if(is_whole_months,
            last_day(add_months(start_on, greatest(1, round(months_drawn)) - 1)),
            start_on + (30.4 * months_drawn)::int)) as true_end_on,
        workday(registered_on + if(draw('grant', appropriation_no) < 0.35,
            0, draw_between('grant days', appropriation_no, 1, 20))) as granted_on
    from drawn
    where last_day_of_section > start_on + 20
),
known as (
    select
        *,
        draw('open', appropriation_no) < open_share and true_end_on < last_day_of_section as is_open,
        draw('early', appropriation_no) < 0.1 and true_end_on - start_on > 120 and frequency is not null as is_early,
        last_day(start_on + (0.6 * (true_end_on - start_on))::int) as early_end_on
    from ended
)
select
    activity_key, activity_key as root_key, appropriation_no, true as is_main, activity_no,
    method, frequency, cost_type,
    pay_day_of(appropriation_no) as pay_day,
    case
        when cost_type = 'GLOBAL_RATE' then price
        when cost_type = 'PER_UNIT' then round(price * around(0.5 * spread, 'price', appropriation_no))
        else 25 * round(price * around(spread, 'price', appropriation_no) / 25)
    end as price,
    case
        when units is null or units = 30.42 then units
        when cost_type = 'GLOBAL_RATE' then greatest(1, round(units * around(spread, 'units', appropriation_no)))
        else round(units * around(spread, 'units', appropriation_no), 2)
    end as units,
    100.00 as vat_factor_pct,
    method in ('CASH', 'INTERNAL') and draw('fictive', appropriation_no) < 0.03 as is_fictive,
    if(draw('new price', appropriation_no) < 0.08 and cost_type = 'PER_UNIT',
        round(price * (1.04 + 0.1 * draw('rise', appropriation_no))), NULL) as new_price,
    if(draw('new price', appropriation_no) < 0.08 and cost_type = 'PER_UNIT',
        month_start(start_on + draw_between('rise on', appropriation_no, 60, 400)), NULL) as new_price_from,
    workday(new_price_from - 12) as new_price_known_on,
    registered_on, granted_on, start_on, true as is_dated,
    if(is_open, NULL, true_end_on) as end_first,
    case when is_open then true_end_on when is_early then early_end_on end as end_new,
    case
        when is_open
            then greatest(granted_on + 5, workday(true_end_on + draw_between('ending', appropriation_no, -30, 12)))
        when is_early
            then greatest(granted_on + 5, workday(early_end_on + draw_between('ending', appropriation_no, -20, 10)))
    end as end_known_on,
    supplier
from known
where registered_on <= last_delivery();

-- Granted adjustments: a prolongation after the end, or another level of service on the way. They continue the
-- course under its payment id; while EXPECTED they carry their own.
insert into activity by name
with base as (
    select a.*, coalesce(a.end_new, a.end_first) as service_end_on, p.months, p.birth_on, p.is_child_section
    from activity as a inner join appropriation as p using (appropriation_no)
    where a.frequency in ('MONTHLY', 'BIWEEKLY') and draw('adjust', a.activity_key) < 0.33
),
placed as (
    select
        *,
        end_first is not null and end_new is null and draw('prolong', activity_key) < 0.5 as is_prolongation,
        add_months(birth_on, 12 * if(is_child_section, 18, 23)) - 1 as last_day_of_section
    from base
),
begun as (
    select
        * exclude (start_on, registered_on, granted_on),
        registered_on as base_registered_on, granted_on as base_granted_on, start_on as base_start_on,
        least(coalesce(service_end_on, no_end()), last_delivery() + 120) - base_start_on as days,
        if(is_prolongation, end_first + 1,
            month_start(base_start_on + (days * (0.3 + 0.5 * draw('adjust at', activity_key)))::int)) as start_on
    from placed
),
timed as (
    select
        *,
        greatest(base_granted_on + 1, workday(start_on - draw_between('adjust ahead', activity_key, 4, 44)))
            as registered_on
    from begun
    where start_on between base_start_on + 45 and last_day_of_section - 30
),
granted as (
    select *, workday(registered_on + draw_between('adjust grant', activity_key, 0, 20)) as granted_on from timed
)
select
    replace(activity_key, 'm', 'a') as activity_key, root_key, activity_key as modifies_key,
    appropriation_no, is_main, activity_no, method, frequency, cost_type, pay_day,
    if(cost_type = 'FIXED', 25 * round(price * level / 25), price) as price,
    case
        when units = 30.42 then units
        when cost_type = 'GLOBAL_RATE' then greatest(1, round(units * level))
        else round(units * level, 2)
    end as units,
    vat_factor_pct, is_fictive, registered_on, granted_on, start_on, is_dated,
    if(is_prolongation,
        least(last_day_of_section, last_day(add_months(end_first, greatest(1, round(0.5 * months))))),
        end_first) as end_first,
    end_new, end_known_on, supplier
from (select *, one_of([0.8, 0.9, 1.0, 1.0, 1.1, 1.25], 'level', activity_key) as level from granted)
where registered_on <= last_delivery()
    and (is_prolongation or end_new is null or end_known_on > granted_on + 5)
    and (end_first is null or is_prolongation or end_first > start_on)
    and (end_new is null or end_new > start_on);

-- What is adjusted on the way ends the day before, known when the adjustment is granted.
update activity set end_new = b.start_on - 1, end_known_on = b.granted_on
from activity as b
where b.modifies_key = activity.activity_key
    and (activity.end_first is null or activity.end_first >= b.start_on);

-- Follow-up activities of the appropriation, alongside its main course (as adjusted).
insert into activity by name
with main as (
    select
        m.appropriation_no, m.start_on, m.registered_on, m.granted_on,
        coalesce(b.end_first, m.end_first) as end_first,
        if(b.activity_key is null, m.end_new, b.end_new) as end_new,
        if(b.activity_key is null, m.end_known_on, b.end_known_on) as end_known_on,
        least(coalesce(b.end_new, b.end_first, m.end_new, m.end_first, no_end()),
            last_delivery() + 60) as runs_to
    from activity as m
    left join activity as b on b.modifies_key = m.activity_key
    where m.is_main and m.modifies_key is null
),
wanted as (
    select m.*, p.section_id, f.* exclude (course_group), 's' || m.appropriation_no || '-' || f.follow_no as key
    from main as m
    inner join appropriation as p using (appropriation_no)
    inner join follow_up as f on f.course_group = p.course_group
    where draw('follow-up', 's' || m.appropriation_no || '-' || f.follow_no) < f.share::double
        -- Board and lodging and the like are kept apart: a child's weekly pocket money suits no family stay.
        and p.section_id not in ('SEL-109', 'SEL-52-3.4')
),
begun as (
    select
        * exclude (start_on),
        start_on as main_start_on,
        if(frequency is not null and draw('with main', key) < 0.6, start_on,
            start_on + draw_between('after main', key, 5, greatest(6, least(240, runs_to - start_on - 20)))) as drawn_on
    from wanted
),
timed as (
    select
        *,
        if(frequency is null or drawn_on = main_start_on, drawn_on, month_start(drawn_on + 28)) as start_on,
        if(drawn_on = main_start_on, registered_on,
            greatest(registered_on, workday(drawn_on + draw_between('follow-up ahead', key, -12, 14))))
            as own_registered_on
    from begun
)
select
    key as activity_key, key as root_key, appropriation_no, false as is_main, activity_no, method,
    frequency, cost_type,
    pay_day_of(key) as pay_day,
    case
        when cost_type = 'GLOBAL_RATE' then one_of([1.0, 1.0, 1.065], 'rate', key) * price::double
        when price::double < 50 and price::double > 0 then price::double
        when cost_type = 'PER_UNIT' then round(price::double * around(0.3 * spread::double, 'price', key))
        else 25 * round(price::double * around(spread::double, 'price', key) / 25)
    end as price,
    case
        when units is null or units in ('30.42', '1') then units::double
        else round(units::double * around(spread::double, 'units', key), if(units::double > 20, 0, 2))
    end as units,
    100.00 as vat_factor_pct, false as is_fictive,
    own_registered_on as registered_on,
    greatest(granted_on, workday(own_registered_on + draw_between('follow-up grant', key, 0, 12))) as granted_on,
    start_on,
    frequency is not null or draw('dated', key) < 0.33 as is_dated,
    case
        when frequency is null then start_on
        when draw('shorter', key) < 0.25 and end_first - start_on > 200
            then last_day(start_on + draw_between('shorter days', key, 80, 190))
        else end_first
    end as end_first,
    if(frequency is not null and draw('shorter', key) >= 0.25 and end_new > start_on, end_new, NULL) as end_new,
    if(frequency is not null and draw('shorter', key) >= 0.25 and end_new > start_on,
        greatest(end_known_on, own_registered_on + 12), NULL) as end_known_on,
    supplier
from timed
where start_on < runs_to - 10
    and own_registered_on <= last_delivery();

-- A follow-up of a main course that ended early and is kept shorter must still not outlive it.
delete from activity
using (
    select appropriation_no, max(coalesce(end_new, end_first, no_end())) as main_end_on
    from activity where is_main group by appropriation_no
) as m
where not activity.is_main and activity.appropriation_no = m.appropriation_no
    and coalesce(activity.end_new, activity.end_first, date '2099-12-31') > m.main_end_on;

-- Who is paid: companies by kind, carers for wages, a parent for cash, a unit of the municipality's own.
update activity set
    recipient_role = case method when 'SD' then 'carer' when 'CASH' then 'parent' end,
    recipient_no = if(method = 'SD', draw_between(
        'recipient', appropriation_no || activity_no, 1, (select max(person_no) from person where role = 'carer')
    ), NULL);

update activity set supplier_no = 1 + floor(s.n * draw('supplier', appropriation_no || activity_no))::int
from (select supplier as kind, count(*) as n from supplier group by supplier) as s
where s.kind = activity.supplier and method = 'INVOICE';

update activity set vat_factor_pct = s.vat_factor_pct
from supplier as s
where activity.supplier = s.supplier and activity.supplier_no = s.supplier_no;

-- One unit of the municipality's own serves some 600 children, as in the sample; a larger municipality has several.
update activity set supplier = supplier || ' ' || u.unit_no
from (
    select
        activity_key,
        draw_between('unit', appropriation_no || activity_no, 1, ceil(children() / 600)::int) as unit_no
    from activity where method = 'INTERNAL'
) as u
where activity.activity_key = u.activity_key and u.unit_no > 1;
