-- What the budget of the last delivery's year was built on, as a controller delivers it with that year's first delivery:
-- an assumption per activity and kind of provider of what runs at the end, right or off as planted. One that is right
-- lies between the values of the two newest months, so that they can never be over it to the same side.

create table newest_month as
select unnest([month_start(add_months(month_start(last_delivery()), -1)), month_start(last_delivery())]) as month;

-- What the granted report shows then; EXPECTED and fictive payments are no money.
create table granted_payment as
select
    payment_schedule__payment_id as course_id, sbsys_id, activity_type = 'MAIN_ACTIVITY' as is_main,
    main_activity_id as activity_no,
    case recipient_type when 'COMPANY' then 'firma' when 'PERSON' then 'person' else 'intern' end as provider_kind,
    target_group, activity_start_date as start_on, activity_end_date as end_on, amount, date as due_on,
    case payment_schedule__payment_frequency when 'WEEKLY' then 7 when 'BIWEEKLY' then 14 end as service_days
from payment_of(last_delivery(), make_date(year(last_delivery()), 1, 1) - 14, last_delivery())
inner join activity_report(last_delivery()) using (activity_id)
where is_in_granted and not fictive;

create table main_course as
select
    course_id, any_value(sbsys_id) as sbsys_id, any_value(activity_no) as activity_no,
    any_value(provider_kind) as provider_kind, any_value(target_group) as target_group,
    min(start_on) as start_on, if(count(*) = count(end_on), max(end_on), NULL) as end_on
from granted_payment
where is_main
group by course_id
having min(start_on) is not null;

create table month_cost as
select
    p.sbsys_id, n.month,
    sum(p.amount * if(p.service_days is null,
        (month_start(p.due_on) = n.month)::int::double,
        greatest(least(p.due_on + p.service_days - 1, last_day(n.month)) - greatest(p.due_on, n.month) + 1, 0)
            / p.service_days::double
    )) as cost_dkk
from granted_payment as p cross join newest_month as n
group by p.sbsys_id, n.month;

create table course_in_month as
select
    c.*, n.month, day(last_day(n.month)) as days_of_month,
    greatest(least(coalesce(c.end_on, last_delivery()), last_day(n.month)) - greatest(c.start_on, n.month) + 1, 0)
        as course_days,
    coalesce(m.cost_dkk, 0) / count(*) over (partition by c.sbsys_id, n.month) as cost_dkk,
    -- in the mean of the courses that ended from January to this month
    if(c.end_on between make_date(year(last_delivery()), 1, 1) and last_day(n.month), c.end_on - c.start_on + 1, NULL)
        as ended_days
from main_course as c
cross join newest_month as n
left join month_cost as m on m.sbsys_id = c.sbsys_id and m.month = n.month;

create table planted_assumption as
with role as (
    select
        activity_no, provider_kind,
        -- dearest first, so that a small municipality has some of each
        ['by_target_group', 'number', 'activation', 'price', 'cost', 'within', 'duration', 'own_threshold', 'left_out'][
            1 + (row_number() over (order by sum(cost_dkk) desc, activity_no, provider_kind) - 1) % 9
        ] as role
    from course_in_month
    group by activity_no, provider_kind
    having sum(course_days) > 0 and sum(cost_dkk) > 0
),
measured as (
    select
        r.role, c.activity_no, c.provider_kind, if(r.role = 'by_target_group', c.target_group, NULL) as target_group,
        c.month, sum(c.course_days) / any_value(c.days_of_month) as courses,
        sum(c.cost_dkk) / nullif(sum(c.course_days), 0) as price_dkk,
        sum(c.cost_dkk) / any_value(c.days_of_month) as cost_of_day_dkk, avg(c.ended_days) as duration_days
    from course_in_month as c inner join role as r using (activity_no, provider_kind)
    where r.role <> 'left_out' and (r.role <> 'by_target_group' or c.target_group is not null)
    group by r.role, c.activity_no, c.provider_kind, if(r.role = 'by_target_group', c.target_group, NULL), c.month
),
summed as (
    select
        role, activity_no, provider_kind, target_group,
        avg(courses) as courses, min(courses) as fewest, max(courses) as most,
        avg(price_dkk) as price_dkk, min(price_dkk) as cheapest_dkk, avg(cost_of_day_dkk) as cost_of_day_dkk,
        if(count(duration_days) = 2, avg(duration_days), NULL) as duration_days,
        if(count(duration_days) = 2, max(duration_days), NULL) as longest_days
    from measured
    group by role, activity_no, provider_kind, target_group
    having min(courses) > 0 and min(price_dkk) > 0
),
-- of what has not ended in both months no duration can be off
planned as (select * replace (if(role = 'duration' and longest_days is null, 'within', role) as role) from summed),
assumed as (
    select
        role, activity_no, provider_kind, target_group,
        case role when 'number' then 0.6 * fewest when 'own_threshold' then 1.6 * most else courses end
            / if(role = 'activation', 0.8, 1) as courses,
        if(role = 'activation', 80, NULL) as activation_pct,
        case role when 'duration' then 3 * longest_days else duration_days end as duration_days,
        case role when 'price' then 0.75 * cheapest_dkk else price_dkk end as price_dkk,
        cost_of_day_dkk,
        if(role = 'own_threshold', 100, NULL) as threshold_pct
    from planned
)
select
    role, role in ('number', 'price', 'duration') as is_reportable, activity_no, provider_kind, target_group,
    if(role = 'cost', NULL, courses::decimal(18, 4)) as courses,
    if(role = 'cost', NULL, duration_days::decimal(18, 1)) as duration_days,
    if(role = 'cost', NULL, price_dkk::decimal(18, 2)) as price_dkk,
    if(role = 'cost', cost_of_day_dkk, courses * coalesce(activation_pct, 100) / 100 * price_dkk)
        * dayofyear(make_date(year(last_delivery()), 12, 31)) as cost_dkk,
    activation_pct, threshold_pct
from assumed
union all
-- nobody follows it
select 'not_used', true, min(activity_no), NULL, NULL, 2.0, NULL, 1000.00, 730000, NULL, NULL
from activity_seed
where activity_no not in (select activity_no from granted_payment);

create view assumption_plan as
select
    activity_no as "Aktivitetsnummer", provider_kind as "Leverandørtype", target_group as "Målgruppe",
    courses as "Helårsforløb", duration_days as "Varighed i dage", price_dkk as "Pris pr. dag",
    cost_dkk::decimal(18, 2) as "Udgift", activation_pct as "Aktiveringsprocent", threshold_pct as "Tærskel",
    if(role = 'price', 'Indkøbsansvarlig', NULL) as "Ansvarlig"
from planted_assumption
order by activity_no, provider_kind nulls first, target_group nulls first;

create view assumption_truth as
select
    year(last_delivery()) as fiscal_year, activity_no, provider_kind, target_group, role as planted, is_reportable
from planted_assumption
order by activity_no, provider_kind nulls first, target_group nulls first;
