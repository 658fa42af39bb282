-- What the municipality was charged, and how the ledger came to show it.

-- When each payment is paid or invoiced, if ever: cash and wages by the systems on the planned day (never for a
-- payment that was granted afterwards: by hand, or not at all), invoices 5-45 days after the service month.
create table due as
with planned as (
    select
        p.activity_id, p.slot_no, p.due_on, a.* exclude (activity_id),
        month_start(p.due_on) as service_month,
        a.activity_id || '/' || if(a.method in ('CASH', 'SD'), p.due_on, month_start(p.due_on)) as unit_key,
        p.due_on - if(a.method = 'CASH', [3, 0, 0, 0, 0, 1, 2][isodow(p.due_on)], 0) as pay_on
    from payment as p inner join act as a using (activity_id)
    where p.due_on <= last_delivery() and not a.is_fictive
        and (a.granted_on <= last_delivery() or a.is_invoiced_expected)
),
reached as (
    select
        *,
        case
            when method in ('CASH', 'SD') and pay_on <= granted_on
                then if(draw('by hand', activity_id) < 0.6,
                    workday(granted_on + draw_between('by hand days', unit_key, 10, 34)), NULL)
            when method = 'CASH' then pay_on
            when method = 'SD' then greatest(due_on, month_start(due_on) + 26)
            else greatest(
                last_day(due_on) + 5 + floor(20 * draw('lag', unit_key) + 20 * pow(draw('more lag', unit_key), 2))::int,
                if(is_invoiced_expected, date '1900-01-01', granted_on + draw_between('after grant', unit_key, 3, 15))
            )
        end as posted_on
    from planned
)
select
    activity_id, slot_no, due_on, service_month, unit_key, method, pay_on, posted_on,
    method in ('INVOICE', 'INTERNAL') and step_days is not null as is_one_of_many,
    method in ('CASH', 'SD') and pay_on <= granted_on as is_by_hand,
    id_before + slot_no + if(is_invoiced_expected, slots, 0) as payment_id,
    amount_dkk(terms, price_on(terms, due_on, charged_on)) as planned_dkk,
    (amount_dkk(terms, agreed_price_on(terms, due_on, charged_on)) / price_error)::decimal(18, 2) as true_dkk
from (select *, if(method in ('CASH', 'SD'), greatest(pay_on, granted_on), posted_on) as charged_on from reached)
where posted_on is not null
    and not is_never_invoiced
    and coalesce(posted_on < deleted_on, true)
    and coalesce(due_on < stopped_on, true)
    and case
        -- The systems pay what the case system shows that day; a supplier invoices until the service ends, and
        -- beyond an end that is set back later.
        when method in ('CASH', 'SD') then not coalesce(end_known_on <= pay_on and due_on > end_new, false)
        when is_retroactive_end then due_on <= end_new or posted_on < end_known_on
        else due_on <= coalesce(case when end_known_on is not null then end_new else end_first end, no_end())
    end;

-- One invoice covers a course and a month; cash and wages are single payments.
create table unit as
with gathered as (
    -- Only what comes more often than once a month is summed: sums of all would not fit in memory.
    select
        unit_key, activity_id, method, service_month, max(posted_on) as posted_on, false as is_by_hand,
        sum(planned_dkk)::decimal(18, 2) as planned_dkk, sum(true_dkk)::decimal(18, 2) as true_dkk,
        string_agg(payment_id, '|' order by payment_id) as payment_ids
    from due where is_one_of_many
    group by unit_key, activity_id, method, service_month
    union all by name
    select
        unit_key, activity_id, method, service_month, posted_on, is_by_hand, planned_dkk, true_dkk,
        payment_id::varchar as payment_ids
    from due where not is_one_of_many
)
select * from gathered
where true_dkk <> 0 and (method in ('INVOICE', 'INTERNAL') or true_dkk > 0);

-- Collective invoices: a supplier's courses of one month on one invoice, on the first one's account.
create table collected as
with candidate as (
    select
        u.unit_key, a.cvr || '/' || u.service_month as bundle_key, u.posted_on,
        row_number() over bundle as n, count(*) over (partition by a.cvr, u.service_month) as units
    from unit as u inner join act as a using (activity_id)
    where u.method = 'INVOICE' and a.price_error = 1 and not a.is_invoiced_expected and u.planned_dkk > 0
    window bundle as (partition by a.cvr, u.service_month order by draw('bundle order', u.unit_key))
),
drawn as (
    select *, draw('bundle', bundle_key) as u from candidate
    where units >= 2 and n <= if(draw('bundle size', bundle_key) < 0.85, 2, 3)
),
limit_share as (
    select greatest(0.08, coalesce(min(u) filter (
        posted_on between delivered_from() + 40 and last_delivery() - 20), 0)) as share
    from drawn
)
select unit_key, first(unit_key) over (partition by bundle_key order by n) as first_unit_key
from drawn where u <= (select share from limit_share);

create table claim as
with single as (
    select
        u.unit_key as claim_key, false as is_collected, u.* exclude (unit_key),
        a.root_id::varchar as course_ids, 1 as children
    from unit as u
    inner join act as a using (activity_id)
    where u.unit_key not in (select unit_key from collected)
),
bundle as (
    select
        c.first_unit_key as claim_key, true as is_collected,
        arg_max(u.activity_id, u.unit_key = c.first_unit_key) as activity_id,
        'INVOICE' as method, any_value(u.service_month) as service_month,
        arg_max(u.posted_on, u.unit_key = c.first_unit_key) as posted_on,
        false as is_by_hand,
        sum(u.planned_dkk)::decimal(18, 2) as planned_dkk, sum(u.true_dkk)::decimal(18, 2) as true_dkk,
        string_agg(u.payment_ids, '|' order by u.unit_key) as payment_ids,
        string_agg(distinct a.root_id::varchar, '|' order by a.root_id::varchar) as course_ids,
        count(distinct a.child_no) as children
    from collected as c
    inner join unit as u using (unit_key)
    inner join act as a using (activity_id)
    group by c.first_unit_key
)
select * from single
union all by name
select * from bundle;

drop table unit;
drop table collected;

-- Which claim gets which defect: claims ranked by a draw, quotas in ledger_defect.csv; the minimum counts where
-- deliveries cover the posting and what follows from it.
create table ledger_defect_quota as
select
    q.method, q.defect, c.is_core,
    sum(greatest(round(q.share::double * c.n), if(c.is_core, q.minimum::int, 0))) over w
        - greatest(round(q.share::double * c.n), if(c.is_core, q.minimum::int, 0)) as from_rank,
    sum(greatest(round(q.share::double * c.n), if(c.is_core, q.minimum::int, 0))) over w as to_rank
from ledger_defect as q
inner join (
    select
        method, is_core, count(*) as n
    from (
        select method, posted_on between delivered_from() + 20 and last_delivery() - 60 as is_core
        from claim where not is_by_hand and not is_collected
    )
    group by all
) as c using (method)
window w as (partition by q.method, c.is_core order by q.defect rows unbounded preceding);

create table booked as
with special as (
    select
        c.*, a.is_invoiced_expected, a.price_error,
        a.zero_known_on is not null and c.planned_dkk <> c.true_dkk as is_price_missing,
        c.posted_on between delivered_from() + 20 and last_delivery() - 60 as is_core
    from claim as c inner join act as a using (activity_id)
),
ranked as (
    select
        *,
        row_number() over (
            partition by method, is_core,
                is_by_hand or is_collected or is_invoiced_expected or price_error > 1 or is_price_missing
            order by draw('defect', claim_key), claim_key
        ) as rank
    from special
),
-- Invoices that lie unapproved past their due date.
held as (
    select claim_key from special
    where method = 'INVOICE' and not is_collected and price_error = 1 and not is_invoiced_expected
        and posted_on between last_delivery() - 52 and last_delivery() - 30
    qualify row_number() over (order by draw('held', claim_key)) <= greatest(1, count(*) over () // 40)
)
select
    r.* exclude (rank, posted_on),
    r.posted_on as arrived_on,
    r.posted_on + if(h.claim_key is null, 0, 100) as posted_on,
    case
        when r.is_invoiced_expected then 'invoiced_while_expected'
        when r.price_error > 1 then 'bos_price_error'
        when r.is_price_missing then 'bos_price_missing'
        when r.is_by_hand then 'late_manual_payment'
        when r.is_collected then 'collective_invoice'
        when h.claim_key is not null then 'ok'
        else coalesce(q.defect, 'ok')
    end as kind
from ranked as r
left join held as h using (claim_key)
left join ledger_defect_quota as q
    on q.method = r.method and q.is_core = r.is_core and r.rank > q.from_rank and r.rank <= q.to_rank;

