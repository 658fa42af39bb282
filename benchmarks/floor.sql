-- The floor: the three main marts straight from the files, by hand, without tests, history or explanation.
-- What they mean is said once, in docs/benchmarks.md. Variables (floor.py sets them): as_of, and the lists of files
-- granted, expected, postings, budgets, corrections.

create table correction as
select source_account, section_id, main_activity_no, account_id
from read_csv(getvariable('corrections'), all_varchar = true);

-- 1. The files, each read once -----------------------------------------------------------------------------------

create table granted as
select
    cast(file.id as bigint) as payment_no,
    cast(payment_schedule__payment_id as bigint) as course_id,
    sbsys_id as appropriation_id,
    cast("date" as date) as planned_on,
    cast(amount as decimal(18, 2)) as planned_dkk,
    cast(fictive as boolean) as is_fictive,
    case payment_schedule__payment_frequency when 'WEEKLY' then 7 when 'BIWEEKLY' then 14 else 1 end as service_days,
    activity_type = 'MAIN_ACTIVITY' as is_main,
    recipient_type = 'INTERNAL' as is_internal,
    case recipient_type when 'COMPANY' then recipient_id when 'INTERNAL' then recipient_name else 'PERSON' end as provider_id,
    section as section_id,
    case when activity_type = 'MAIN_ACTIVITY' then activity__details__activity_id else main_activity_id end as activity_no,
    coalesce(target_group, 'Ukendt') as target_group,
    cast(activity_start_date as date) as start_on,
    cast(activity_end_date as date) as end_on,
    coalesce(correction.account_id, regexp_extract(account_string, '^[^-]*-(.*)-[^-]*$', 1)) as account_id
from read_csv(getvariable('granted'), header = true, delim = ',', quote = '"', escape = '"', all_varchar = true) as file
left join correction
    on regexp_extract(account_string, '^[^-]*-(.*)-[^-]*$', 1) = correction.source_account
    and (correction.section_id is null or file.section = correction.section_id)
    and (correction.main_activity_no is null or file.main_activity_id = correction.main_activity_no);

create table expected as
select
    cast(payment_schedule__payment_id as bigint) as course_id,
    cast("date" as date) as planned_on,
    cast(amount as decimal(18, 2)) as planned_dkk,
    cast(fictive as boolean) as is_fictive,
    activity_status,
    cast(activity_start_date as date) as start_on,
    coalesce(correction.account_id, regexp_extract(account_string, '^[^-]*-(.*)-[^-]*$', 1)) as account_id
from read_csv(getvariable('expected'), header = true, delim = ',', quote = '"', escape = '"', all_varchar = true) as file
left join correction
    on regexp_extract(account_string, '^[^-]*-(.*)-[^-]*$', 1) = correction.source_account
    and (correction.section_id is null or file.section = correction.section_id)
    and (correction.main_activity_no is null or file.main_activity_id = correction.main_activity_no);

create table posting as
select
    posting_id,
    cast(fiscal_year as integer) as fiscal_year,
    cast(period as integer) as period_no,
    strptime(posted_on, '%d.%m.%Y')::date as posted_on,
    regexp_extract(account_string, '^[^-]*-(.*)-[^-]*$', 1) as account_id,
    art,
    case debit_credit when 'K' then -1 else 1 end * cast(replace(amount, ',', '.') as decimal(18, 2)) as amount_dkk,
    case when art = '979' then 'INTERNAL' else supplier_cvr end as party,
    try_cast(coalesce(payment_reference, nullif(regexp_extract("text", 'BOS ([0-9]+)', 1), '')) as bigint) as course_id
from read_csv(getvariable('postings'), header = true, delim = ';', quote = '"', escape = '"', encoding = 'latin-1', all_varchar = true)
where strptime(posted_on, '%d.%m.%Y')::date <= getvariable('as_of');

create table budget as
select
    cast(fiscal_year as integer) as fiscal_year,
    regexp_extract(account_string, '^[^-]*-(.*)-[^-]*$', 1) as account_id,
    sum(cast(original_budget as decimal(18, 2))) as budget_original,
    sum(cast(supplementary_budget as decimal(18, 2))) as budget_supplementary,
    sum(cast(corrected_budget as decimal(18, 2))) as budget_corrected
from read_csv(getvariable('budgets'), header = true, delim = ';', quote = '"', escape = '"', encoding = 'latin-1', all_varchar = true)
group by all;

-- 2. Which posting pays which payment -----------------------------------------------------------------------------

-- by the payment id that a posting names: the n-th of a month pays the n-th of the month
create table by_reference as
with
numbered_posting as (
    select
        posting_id, course_id, amount_dkk, date_trunc('month', posted_on) as month,
        row_number() over (partition by course_id, date_trunc('month', posted_on) order by posted_on, posting_id) as nth
    from posting
    where course_id is not null
),
numbered_payment as (
    select
        payment_no, course_id, date_trunc('month', planned_on) as month,
        row_number() over (partition by course_id, date_trunc('month', planned_on) order by planned_on, payment_no) as nth
    from granted
    where not is_fictive
)
select posting_id, payment_no, amount_dkk
from numbered_posting
inner join numbered_payment using (course_id, month, nth);

-- what is left, by payee, account and amount: the n-th pays the n-th
create table matched as
with
numbered_posting as (
    select
        posting_id, party, account_id, amount_dkk,
        row_number() over (partition by party, account_id, amount_dkk order by posted_on, posting_id) as nth
    from posting
    where party is not null
        and not exists (from by_reference where by_reference.posting_id = posting.posting_id)
),
numbered_payment as (
    select
        payment_no, case when is_internal then 'INTERNAL' else provider_id end as party, account_id, planned_dkk as amount_dkk,
        row_number() over (
            partition by case when is_internal then 'INTERNAL' else provider_id end, account_id, planned_dkk
            order by planned_on, payment_no
        ) as nth
    from granted
    where not is_fictive
        and planned_on <= getvariable('as_of')
        and not exists (from by_reference where by_reference.payment_no = granted.payment_no)
)
select posting_id, payment_no, amount_dkk
from numbered_posting
inner join numbered_payment using (party, account_id, amount_dkk, nth)
union all
select * from by_reference;

create table payment as
select granted.*, coalesce(matched.amount_dkk, 0) as posted_dkk, matched.posting_id
from granted
left join matched using (payment_no)
where not granted.is_fictive;

-- 3. mart_overrun -------------------------------------------------------------------------------------------------

create table mart_overrun as
with
today as (
    select getvariable('as_of') as as_of, cast(year(getvariable('as_of')) as integer) as this_year
),
actual as (
    select
        fiscal_year, account_id,
        sum(amount_dkk) as actual_to_date,
        sum(amount_dkk) filter (where art[1] not in ('7', '8')) as actual_expenditure,
        sum(amount_dkk) filter (where art[1] in ('7', '8')) as actual_income,
        sum(amount_dkk) filter (where last_day(make_date(fiscal_year, period_no, 1)) + 20 <= as_of) as actual_closed
    from posting cross join today
    group by all
),
closed as (
    select fiscal_year, count(distinct period_no) as periods
    from posting cross join today
    where last_day(make_date(fiscal_year, period_no, 1)) + 20 <= as_of
    group by all
),
commitment as (
    select
        this_year as fiscal_year, account_id,
        sum(greatest(planned_dkk - posted_dkk, 0)) filter (where planned_on between as_of - 120 and as_of) as accrued_unposted,
        sum(greatest(planned_dkk - posted_dkk, 0)) filter (where planned_on > as_of and year(planned_on) = this_year) as committed_remaining,
        sum(greatest(planned_dkk - posted_dkk, 0)) filter (
            where planned_on > as_of and year(planned_on) = this_year and is_internal
        ) as committed_internal,
        sum(planned_dkk) filter (where year(planned_on) = this_year + 1) as committed_next_year,
        count(*) filter (where year(planned_on) = this_year) as payments
    from payment cross join today
    group by all
),
pipeline as (
    select
        this_year as fiscal_year, account_id,
        sum(planned_dkk) filter (where not is_stale) as pipeline_expected,
        sum(planned_dkk) filter (where is_stale) as pipeline_stale
    from (
        select account_id, planned_on, planned_dkk, activity_status = 'EXPECTED' and coalesce(start_on < as_of - 60, false) as is_stale
        from expected cross join today
        where not is_fictive
        union all
        select account_id, planned_on, -planned_dkk, false
        from payment
    )
    cross join today
    where planned_on > as_of and year(planned_on) = this_year
    group by all
),
spill as (
    select this_year as fiscal_year, posting.account_id, sum(matched.amount_dkk) as spill_out
    from matched
    inner join posting using (posting_id)
    inner join granted using (payment_no)
    cross join today
    where posting.fiscal_year = this_year and year(granted.planned_on) < this_year
    group by all
),
joined as (
    select
        fiscal_year, account_id,
        coalesce(budget_original, 0) as budget_original,
        coalesce(budget_supplementary, 0) as budget_supplementary,
        coalesce(budget_corrected, 0) as budget_corrected,
        coalesce(actual_to_date, 0) as actual_to_date,
        coalesce(actual_expenditure, 0) as actual_expenditure,
        coalesce(actual_income, 0) as actual_income,
        coalesce(accrued_unposted, 0) as accrued_unposted,
        coalesce(committed_remaining, 0) as committed_remaining,
        coalesce(committed_internal, 0) as committed_internal,
        coalesce(committed_next_year, 0) as committed_next_year,
        coalesce(pipeline_expected, 0) as pipeline_expected,
        coalesce(pipeline_stale, 0) as pipeline_stale,
        coalesce(spill_out, 0) as spill_out,
        coalesce(payments, 0) > 0 as has_granted_payment,
        round(coalesce(actual_closed, 0) * 12 / periods, 2) as forecast_straight_line
    from budget
    full join actual using (fiscal_year, account_id)
    full join commitment using (fiscal_year, account_id)
    full join pipeline using (fiscal_year, account_id)
    left join spill using (fiscal_year, account_id)
    left join closed using (fiscal_year)
),
methods as (
    select
        *,
        actual_to_date + accrued_unposted + committed_remaining - spill_out as forecast_commitment,
        actual_to_date + accrued_unposted + committed_remaining - spill_out + pipeline_expected as forecast_activity
    from joined
),
forecast as (
    select
        *,
        case
            when fiscal_year < (select this_year from today) then actual_to_date
            when has_granted_payment or forecast_straight_line is null then forecast_activity
            else forecast_straight_line
        end as forecast
    from methods
)
select
    *,
    forecast - budget_corrected as expected_overrun,
    case when budget_corrected > 0 then (forecast - budget_corrected) * 100 / budget_corrected end as expected_overrun_pct
from forecast;

-- 4. mart_registration_gap ----------------------------------------------------------------------------------------

create table mart_registration_gap as
select
    'A01' as rule_id, posting_id as business_key, account_id, amount_dkk, posted_on as occurred_on
from posting
where amount_dkk > 0
    and account_id in (select account_id from payment)
    and not exists (from matched where matched.posting_id = posting.posting_id)
union all
select 'A03', cast(course_id as varchar), min(account_id), sum(planned_dkk), min(planned_on)
from payment
where posting_id is null
    and planned_dkk > 0
    and planned_on between getvariable('as_of') - 365 and getvariable('as_of') - 75
group by course_id
having count(*) >= 3
union all
select 'B05', cast(course_id as varchar), min(account_id), sum(planned_dkk), min(coalesce(start_on, planned_on))
from expected
where activity_status = 'EXPECTED'
group by course_id
having min(coalesce(start_on, planned_on)) < getvariable('as_of') - 7;

-- 5. mart_unit_price ----------------------------------------------------------------------------------------------

create table mart_unit_price as
with
course as (
    select distinct on (course_id)
        course_id, appropriation_id, is_main, is_internal, section_id, activity_no, provider_id, target_group
    from payment
    order by course_id, planned_on desc, payment_no desc
),
span as (
    select
        course_id,
        min(start_on) as start_on,
        max(coalesce(end_on, getvariable('as_of'))) as end_on,
        bool_or(end_on is null) as is_open
    from payment
    where start_on is not null
    group by course_id
),
month as (
    select cast(unnest(generate_series(
        make_date(year(getvariable('as_of')) - 2, 1, 1),
        date_trunc('month', getvariable('as_of') + 1) - interval 1 month,
        interval 1 month
    )) as date) as month
),
active as (
    select
        course_id, month, start_on, end_on, is_open,
        least(end_on, last_day(month)) - greatest(start_on, month) + 1 as course_days
    from span
    cross join month
    where start_on <= last_day(month) and end_on >= month
),
-- a week or a fortnight of service is split over its months by days; the øre that are left go to the last
served as (
    select
        course_id, planned_on, planned_dkk, posted_dkk, service_days,
        least(service_days, last_day(planned_on) - planned_on + 1) as days
    from payment
),
split as (
    select
        *,
        0.01 * (cast(planned_dkk * 100 as bigint) * days // service_days) as first_planned,
        0.01 * (cast(posted_dkk * 100 as bigint) * days // service_days) as first_posted
    from served
),
money as (
    select course_id, month, sum(planned_dkk) as planned_dkk, sum(posted_dkk) as posted_dkk
    from (
        select course_id, date_trunc('month', planned_on) as month, first_planned as planned_dkk, first_posted as posted_dkk
        from split
        union all
        select course_id, date_trunc('month', planned_on + service_days - 1), planned_dkk - first_planned, posted_dkk - first_posted
        from split
        where days < service_days
    )
    where month + interval 1 month - interval 1 day <= getvariable('as_of')
    group by all
),
course_month as (
    select
        course.*, month,
        coalesce(course_days, 0) as course_days, start_on, end_on, is_open,
        coalesce(planned_dkk, 0) as planned_dkk,
        coalesce(posted_dkk, 0) as posted_dkk
    from (select * from active where course_id in (select course_id from course where is_main))
    full join money using (course_id, month)
    inner join course using (course_id)
),
-- follow-up cost goes to the first active main course of its appropriation
carrier as (
    select appropriation_id, month, min(course_id) as course_id
    from course_month
    where is_main and course_days > 0
    group by all
),
follow_up as (
    select appropriation_id, month, carrier.course_id, planned_dkk, posted_dkk, section_id, activity_no, provider_id, target_group
    from course_month
    left join carrier using (appropriation_id, month)
    where not is_main
),
carried as (
    select course_id, month, sum(planned_dkk) as suppl_dkk, sum(posted_dkk) as suppl_posted_dkk
    from follow_up
    where course_id is not null
    group by all
),
member as (
    select
        month, section_id, activity_no, provider_id, target_group, false as is_unattached,
        course_days, start_on, end_on, is_open, is_internal, planned_dkk, posted_dkk,
        coalesce(suppl_dkk, 0) as suppl_dkk,
        coalesce(suppl_posted_dkk, 0) as suppl_posted_dkk
    from course_month
    left join carried using (course_id, month)
    where is_main
    union all
    select
        month, section_id, activity_no, provider_id, target_group, true,
        0, null, null, null, false, 0, 0, planned_dkk, posted_dkk
    from follow_up
    where course_id is null
),
summed as (
    select
        cast(month as date) as month, section_id, activity_no, provider_id, target_group, is_unattached,
        count(*) filter (where course_days > 0) as active_courses,
        count(*) filter (where course_days > 0 and start_on >= month) as new_courses,
        count(*) filter (where course_days > 0 and not is_open and end_on <= last_day(cast(month as date))) as ended_courses,
        sum(course_days) as course_days,
        sum(planned_dkk) as cost_main_dkk,
        coalesce(sum(planned_dkk) filter (where is_internal), 0) as cost_internal_dkk,
        sum(suppl_dkk) as cost_suppl_dkk,
        sum(planned_dkk) + sum(suppl_dkk) as cost_total_dkk,
        sum(posted_dkk) + sum(suppl_posted_dkk) as cost_posted_dkk,
        avg(end_on - start_on + 1) filter (
            where course_days > 0 and not is_open and end_on <= last_day(cast(month as date))
        ) as avg_duration_days
    from member
    group by all
)
select
    *,
    course_days / dayofyear(make_date(year(month), 12, 31)) as full_year_equivalents,
    cost_total_dkk / nullif(course_days, 0) as unit_price_day,
    cost_posted_dkk / nullif(course_days, 0) as unit_price_day_posted
from summed;
