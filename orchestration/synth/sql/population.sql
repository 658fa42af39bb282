-- The people of the municipality: children with families, carers, staff; suppliers.

create table child as
select
    n as child_no,
    n - (n > 1 and draw('sibling', n) < 0.12)::int as family_no,
    draw('sex', n) < 0.52 as is_male,
    draw('handicap', n) < 0.23 as is_handicap,
    last_delivery() - (365.25 * (
        case
            when draw('age band', n) < 0.10 then 4 * draw('age', n)
            when draw('age band', n) < 0.40 then 4 + 7 * draw('age', n)
            when draw('age band', n) < 0.78 then 11 + 6 * draw('age', n)
            else 17 + 3.5 * draw('age', n)
        end
    ))::int as birth_on
from range(1, children() + 1) as t(n);

-- CPR numbers are replacement numbers: the day of birth plus 60, which no real person has; the seventh digit
-- follows the century, the last one the sex.
create table person as
with member as (
    select 'child' as role, child_no as person_no, family_no, birth_on, is_male from child
    union all
    select 'mother', family_no, family_no, min(birth_on) - (365.25 * (20 + 18 * draw('mother', family_no)))::int, false
    from child group by family_no
    union all
    select 'father', family_no, family_no, min(birth_on) - (365.25 * (21 + 21 * draw('father', family_no)))::int, true
    from child group by family_no
    union all
    select 'carer', n, NULL, date '1955-01-01' + draw_between('carer', n, 0, 10950), draw('carer sex', n) < 0.3
    from range(1, greatest(12, children() * 4 // 5) + 1) as t(n)
),
numbered as (
    select
        *,
        row_number() over (partition by birth_on, is_male order by role, person_no) as same_day_no,
        if(year(birth_on) < 2000, 2000, 3000) as numbers_a_day,
        if(year(birth_on) < 2000, 0, 4000) as first_number
    from member
)
select
    role,
    person_no,
    birth_on,
    (day(birth_on) + 60)::varchar || strftime(birth_on, '%m%y') || lpad((
        first_number
        + 2 * ((7 * same_day_no + draw_between('serial', birth_on, 0, 3000)) % numbers_a_day)
        + is_male::int
    )::varchar, 4, '0') as cpr,
    case
        when role = 'child' and is_male then one_of(names('boy'), 'first', role || person_no)
        when role = 'child' then one_of(names('girl'), 'first', role || person_no)
        when is_male then one_of(names('man'), 'first', role || person_no)
        else one_of(names('woman'), 'first', role || person_no)
    end as first_name,
    if(role = 'child' and draw('middle', person_no) < 0.15, one_of(names('surname'), 'middle name', person_no), NULL)
        as middle_name,
    one_of(names('surname'), 'surname', coalesce('family' || family_no, 'carer' || person_no)) as surname
from numbered;

alter table person add column full_name varchar;
update person set full_name = concat_ws(' ', first_name, middle_name, surname);

create table worker as
with team as (
    select n as team_no from range(least(8, greatest(3, children() // 50))) as t(n)
),
member as (
    select n as worker_no, n % (select count(*) from team) as team_no
    from range(greatest(12, children() // 10)) as t(n)
),
named as (
    select
        worker_no,
        team_no,
        one_of(names('woman'), 'worker', worker_no)[1:2]
        || translate(one_of(names('surname'), 'worker surname', worker_no)[1:2], 'øåæØÅÆ', 'oaaoaa') as letters
    from member
)
select
    worker_no,
    if(draw('case', worker_no) < 0.45, upper(letters), lower(letters)) || (worker_no + 1)::varchar as username,
    names('team')[team_no + 1] as team,
    team_no
from named;

alter table worker add column leader varchar;
update worker set leader = l.username from worker as l where l.worker_no = worker.team_no;
-- One who has left: no team, no leader.
update worker set team = NULL, leader = NULL where worker_no = (select max(worker_no) from worker);

-- Suppliers: the made-up ones of the provider register (numbers from 90 000 000) first, then generated ones.
create table cvr_pool as
with candidate as (
    select n, with_check_digit(9000000 + (n * 7919) % 1000000) as cvr
    from range(least(1000000, 2000 + children())) as t(n)
)
select row_number() over (order by n) as pool_no, cvr
from candidate where cvr is not null and cvr not in (select cvr_no from provider);

-- Companies that nobody has registered: they invoice, the case system does not know them.
create table unknown_supplier as
select
    cvr,
    one_of(names('unknown_supplier'), 'unknown', cvr) || ' ' || one_of(names('surname'), 'unknown name', cvr) as name
from cvr_pool where pool_no <= greatest(20, children() // 20);

create table supplier as
with wanted as (
    select k.*, unnest(range(1, greatest(2, ceil(children() / children_per_supplier::int)::int) + 1))
        as supplier_no
    from supplier_kind as k
),
known as (
    select
        k.supplier, p.cvr_no, p.name, p.vat_factor_pct,
        row_number() over (partition by k.supplier order by draw('provider', p.cvr_no)) as supplier_no
    from provider as p
    inner join supplier_kind as k on regexp_matches(p.name, k.name_pattern)
    where p.cvr_no like '9%' and p.is_cvr_valid = 'true'
),
missing as (
    select
        supplier, supplier_no, name_template,
        (select count(*) from unknown_supplier) + row_number() over (order by supplier, supplier_no) as pool_no
    from wanted anti join known using (supplier, supplier_no)
)
select w.supplier, w.supplier_no, k.cvr_no as cvr, k.name, k.vat_factor_pct::decimal(5, 2) as vat_factor_pct
from wanted as w inner join known as k using (supplier, supplier_no)
union all
select
    m.supplier, m.supplier_no, c.cvr,
    replace(m.name_template, '{}', one_of(names('place'), 'place', c.cvr) || ' ' || m.supplier_no), 100.00
from missing as m inner join cvr_pool as c using (pool_no);
