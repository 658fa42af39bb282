-- Purchase agreements and a register of consequences as they are delivered with the last delivery, and what is true of them.

-- What companies deliver on the last day, as the case system shows it.
create table bought as
select
    cvr, activity_no, count(distinct course_id) as courses,
    round(avg(amount_dkk(terms, agreed_price_on(terms, last_delivery(), last_delivery())) * 12 / 365), 2) as price_day
from act_on(last_delivery())
where is_granted and is_main and method = 'INVOICE' and recipient_id = cvr and not is_fictive and frequency = 'MONTHLY'
    and start_on <= last_delivery() and coalesce(end_on >= last_delivery(), true)
group by cvr, activity_no;

create table agreement as
with largest as (
    select *, row_number() over (order by courses desc, cvr, activity_no) as n
    from bought
    qualify row_number() over (partition by cvr order by courses desc, activity_no) = 1
),
drafted as (
    select unnest([
        -- notice had to be given three months ago; within two months; much later; never; it has expired; not begun
        {'no': 1, 'n': 1, 'from_year': -1, 'months': 3, 'notice': 6, 'regulation': 'Indeks', 'status': 'overdue'},
        {'no': 2, 'n': 2, 'from_year': -1, 'months': 8, 'notice': 6, 'regulation': 'Fast', 'status': 'due'},
        {'no': 3, 'n': 3, 'from_year': 0, 'months': 24, 'notice': 6, 'regulation': 'Indeks', 'status': 'later'},
        {'no': 4, 'n': 4, 'from_year': -3, 'months': NULL, 'notice': 3, 'regulation': 'Fast', 'status': 'no_end'},
        {'no': 5, 'n': 5, 'from_year': -2, 'months': -2, 'notice': NULL, 'regulation': NULL, 'status': 'overdue'},
        {'no': 6, 'n': 6, 'from_year': 1, 'months': 36, 'notice': 6, 'regulation': 'Indeks', 'status': 'not_begun'},
        {'no': 7, 'n': 1, 'from_year': -4, 'months': -20, 'notice': 6, 'regulation': 'Fast', 'status': 'ended'}
    ], recursive := true)
)
select
    'R-' || (year(last_delivery()) + from_year) || '-0' || d.no as agreement_no, l.cvr, l.activity_no,
    make_date(year(last_delivery()) + from_year, 1, 1) as valid_from,
    last_day(add_months(last_delivery(), months)) as valid_to, notice, regulation,
    -- as it was agreed, a tenth below what is paid
    (0.9 * l.price_day)::decimal(18, 2) as price_day, d.status,
    if(d.status in ('not_begun', 'ended'), 0, l.courses) as courses
from drafted as d inner join largest as l using (n)
union all
-- all that its supplier delivers, if anything
select
    'R-08', min(s.cvr), NULL, make_date(year(last_delivery()), 1, 1), last_day(add_months(last_delivery(), 30)), 12, NULL,
    NULL, 'later', coalesce(sum(b.courses), 0)
from supplier as s left join bought as b using (cvr)
where s.cvr = (select min(cvr) from supplier anti join (select cvr from largest where n <= 6) using (cvr));

create view agreement_list as
select
    agreement_no as "Aftale", cvr as "CVR-nummer", activity_no as "Aktivitetsnummer", valid_from as "Gælder fra",
    valid_to as "Gælder til", notice as "Opsigelse i måneder", regulation as "Regulering", price_day as "Pris pr. dag"
from agreement order by agreement_no;

create view agreement_truth as
select agreement_no, cvr as provider, activity_no as activity, status, courses from agreement order by agreement_no;

-- A decision that costs the own frame and saves the school's, with the courses it pays for; and one the other way round.
create table consequence as
with decided as (
    select distinct course_id
    from act_on(last_delivery())
    where is_granted and is_main and method = 'INVOICE' and not is_fictive
        and start_on <= last_delivery() and coalesce(end_on >= last_delivery(), true)
    order by draw('decided', course_id) limit 2
),
paid_for as (
    select
        (select string_agg(course_id, ', ' order by course_id) from decided) as course_ids,
        -- of this year and the next, somewhat less than they came to cost
        [this_year, next_year] as cost_dkk
    from (
        select
            1000 * greatest(1, round(0.0009 * sum(planned_dkk) filter (year(due_on) = year(last_delivery())))) as this_year,
            1000 * greatest(1, round(0.0009 * sum(planned_dkk) filter (year(due_on) = year(last_delivery()) + 1))) as next_year
        from (
            select p.due_on, amount_dkk(a.terms, price_on(a.terms, p.due_on, last_delivery())) as planned_dkk
            from act_on(last_delivery()) as a
            semi join decided using (course_id)
            inner join payment as p using (activity_id)
            where a.is_granted and p.due_on <= a.planned_until
        )
    )
),
stated as (
    select unnest([
        {'no': 1, 'title': 'Behandling i dagtilbud frem for specialskole', 'on': -95, 'years_on': 0,
            'department': 'Børn og Unge', 'frame': '30.46', 'effect': 1, 'probability': 100, 'has_courses': true},
        {'no': 1, 'title': 'Behandling i dagtilbud frem for specialskole', 'on': -95, 'years_on': 0,
            'department': 'Skole', 'frame': '40.10', 'effect': -1.4, 'probability': 60, 'has_courses': false},
        {'no': 1, 'title': 'Behandling i dagtilbud frem for specialskole', 'on': -95, 'years_on': 1,
            'department': 'Børn og Unge', 'frame': '30.46', 'effect': 1, 'probability': 100, 'has_courses': true},
        {'no': 1, 'title': 'Behandling i dagtilbud frem for specialskole', 'on': -95, 'years_on': 1,
            'department': 'Skole', 'frame': '40.10', 'effect': -2, 'probability': 60, 'has_courses': false},
        {'no': 2, 'title': 'Fremskudt socialrådgiver i dagtilbud', 'on': -40, 'years_on': 0,
            'department': 'Dagtilbud', 'frame': '40.20', 'effect': 0.3, 'probability': 100, 'has_courses': false},
        {'no': 2, 'title': 'Fremskudt socialrådgiver i dagtilbud', 'on': -40, 'years_on': 0,
            'department': 'Børn og Unge', 'frame': '30.46', 'effect': -0.2, 'probability': 50, 'has_courses': false}
    ], recursive := true)
)
select
    'B0' || no as decision_no, title, last_delivery() + "on" as decided_on, department, frame,
    if(has_courses, course_ids, NULL) as course_ids, year(last_delivery()) + years_on as fiscal_year,
    (cost_dkk[1 + years_on] * effect)::decimal(18, 2) as effect_dkk, probability, frame = '30.46' as is_own
from stated cross join paid_for;

create view consequence_list as
select
    decision_no as "Beslutning", title as "Titel", decided_on as "Besluttet", department as "Afdeling", frame as "Ramme",
    course_ids as "Forløb", fiscal_year as "År", effect_dkk as "Beløb", probability as "Sandsynlighed"
from consequence order by decision_no, fiscal_year, department;

create view consequence_truth as
select
    decision_no, fiscal_year, sum(effect_dkk)::decimal(18, 2) as net,
    sum(effect_dkk * probability / 100)::decimal(18, 2) as expected_net,
    coalesce(sum(effect_dkk) filter (is_own), 0)::decimal(18, 2) as own
from consequence group by decision_no, fiscal_year order by decision_no, fiscal_year;

-- What schools truly paid, by the course that it was for, as far as the lines tell.
create view school_truth as
select
    supplier_cvr as provider, course_ids as course_id, strftime(service_month, '%Y-%m') as service_month,
    sum(posted_dkk)::decimal(18, 2) as school_amount
from posting where defect = 'school_side' and fiscal_year >= year(delivered_from())
group by supplier_cvr, course_ids, service_month order by provider, course_id, service_month;
