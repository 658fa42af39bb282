-- An action plan as a controller delivers it with the last delivery, and what its named courses truly gave.

-- Courses that ended earlier than the first delivery had them end: of one granted activity, monthly, and free of errors.
create table ended_early as
with whole as (
    select * from act_on(first_delivery())
    where is_granted and coalesce(end_on > first_delivery(), true)
    qualify count(*) over (partition by root_id) = 1
),
now as (
    select * from act_on(last_delivery())
    where is_granted and end_on is not null
    qualify count(*) over (partition by root_id) = 1
),
starting as (
    select greatest(month_start(first_delivery() + 1), make_date(year(last_delivery()), 1, 1)) as plan_start_on
),
ended as (
    select
        now.*, starting.plan_start_on, whole.end_on as end_before_on,
        greatest(now.end_on + 1, make_date(year(last_delivery()), 1, 1)) as from_on,
        least(coalesce(whole.end_on, no_end()), make_date(year(last_delivery()), 12, 31)) as until_on
    from now
    inner join whole using (activity_id)
    cross join starting
    where now.end_on < coalesce(whole.end_on, no_end())
        and now.end_on between starting.plan_start_on - 1 and make_date(year(last_delivery()), 12, 30)
        and now.start_on < starting.plan_start_on
        and now.frequency = 'MONTHLY' and now.cost_type = 'FIXED' and not now.is_fictive
        and now.price_error = 1 and now.zero_before is null and now.stopped_on is null
)
select
    course_id, plan_start_on, end_before_on, end_on, price as month_dkk,
    greatest(least(until_on, last_delivery()) - from_on + 1, 0) as days_to_date,
    greatest(until_on - greatest(from_on, last_delivery() + 1) + 1, 0) as days_to_come
from ended
where until_on >= from_on
order by price desc, activity_id
limit 5;

create view savings_truth as
select
    'H01' as initiative_id, year(last_delivery()) as fiscal_year, course_id, end_before_on as end_before,
    end_on as end_after, month_dkk as month_price,
    -(month_dkk * 12 * days_to_date / 365)::decimal(18, 2) as realised,
    -(month_dkk * 12 * days_to_come / 365)::decimal(18, 2) as secured
from ended_early
order by course_id;

create view savings_plan as
with days as (
    select
        year(last_delivery()) as this_year, make_date(year(last_delivery()), 1, 1) as new_year_on,
        greatest(month_start(first_delivery() + 1), make_date(year(last_delivery()), 1, 1)) as plan_start_on,
        -- some 8 and 10 mio. kr. for 800 children
        1000 * children() as unit_dkk
),
provider as (
    select cvr from act_on(last_delivery())
    where is_granted and method = 'INVOICE' and cvr is not null
    group by cvr order by count(*) desc, cvr limit 1
),
planned as (
    select unnest([
        {'no': 1, 'measure': 'Kortere anbringelser med opfølgning hver måned', 'this': -3, 'next': -4,
            'start_on': plan_start_on, 'probability': 80, 'status': 'I gang', 'due_on': new_year_on + 272,
            'owner': 'Leder af Myndighed', 'lever': 'Antal', 'activity_no': NULL,
            'cvr': NULL, 'courses': (select string_agg(course_id, ', ' order by course_id) from ended_early)},
        {'no': 2, 'measure': 'Genforhandling af priser hos den største leverandør', 'this': -1, 'next': -2,
            'start_on': plan_start_on, 'probability': 60, 'status': 'I gang', 'due_on': new_year_on + 242,
            'owner': 'Indkøbsansvarlig', 'lever': 'Pris', 'activity_no': NULL,
            'cvr': (select cvr from provider), 'courses': NULL},
        {'no': 3, 'measure': 'Plejefamilie frem for opholdssted', 'this': -2, 'next': -3,
            'start_on': add_months(new_year_on, 8), 'probability': 50, 'status': 'Planlagt',
            'due_on': new_year_on + 242, 'owner': 'Leder af Familiepleje', 'lever': 'Antal',
            'activity_no': '015031', 'cvr': NULL, 'courses': NULL},
        {'no': 4, 'measure': 'Færre timer hos kontaktpersoner', 'this': -1, 'next': -1,
            'start_on': add_months(new_year_on, 6), 'probability': 75, 'status': 'Besluttet',
            'due_on': new_year_on + 119, 'owner': 'Leder af Myndighed', 'lever': 'Serviceniveau',
            'activity_no': NULL, 'cvr': NULL, 'courses': NULL},
        {'no': 5, 'measure': 'Eget tilbud frem for købte pladser', 'this': -1, 'next': NULL,
            'start_on': new_year_on, 'probability': 100, 'status': 'Gennemført', 'due_on': new_year_on + 89,
            'owner': 'Centerleder', 'lever': 'Serviceniveau', 'activity_no': NULL, 'cvr': NULL, 'courses': NULL},
        {'no': 6, 'measure': 'Samling af rammeaftaler', 'this': -0.5, 'next': NULL,
            'start_on': new_year_on, 'probability': 20, 'status': 'Opgivet', 'due_on': NULL,
            'owner': 'Indkøbsansvarlig', 'lever': 'Pris', 'activity_no': NULL, 'cvr': NULL, 'courses': NULL}
    ], recursive := true)
    from days
),
yearly as (
    select *, this as units, 0 as years_on from planned
    union all
    select *, next as units, 1 as years_on from planned where next is not null
)
select
    'H0' || no as "Initiativ", measure as "Tiltag", '30.46' as "Ramme", this_year + years_on as "År",
    (units * unit_dkk)::decimal(18, 2) as "Effekt", start_on as "Startmåned", probability as "Sandsynlighed",
    status as "Status", due_on as "Frist", owner as "Ansvarlig", lever as "Virker på",
    activity_no as "Aktivitetsnummer", cvr as "CVR-nummer", courses as "Forløb"
from yearly
cross join days
order by no, years_on;
