-- The planted truth, in the columns of the shared sample.

create macro activity_truth(d) as table
select
    activity_id, activity_id as payment_schedule_id, course_id as payment_id,
    if(is_granted, 'GRANTED', 'EXPECTED') as status, if(is_main, 'MAIN_ACTIVITY', 'SUPPL_ACTIVITY') as activity_type,
    activity_no as details_activity_id, section_id as section, sbsys_id as appropriation_sbsys,
    case_sbsys_id as case_sbsys, cpr_number as cpr,
    if(is_dated, start_on, NULL) as start_date, if(is_dated, end_on, NULL) as end_date, modifies_id,
    appropriation_on as appropriation_date, if(is_granted, approval_level, NULL) as approval_level,
    if(is_granted, approver(activity_id, leader, username), NULL) as approval_user,
    cvr as provider_cvr, supplier_name as provider_name, recipient_type, recipient_id, recipient_name,
    method as payment_method,
    case
        when frequency is not null then 'RUNNING_PAYMENT'
        when cost_type is null then 'INDIVIDUAL_PAYMENT'
        else 'ONE_TIME_PAYMENT'
    end as payment_type,
    frequency as payment_frequency, cost_type as payment_cost_type,
    if(cost_type = 'FIXED', price, NULL) as payment_amount,
    if(cost_type in ('PER_UNIT', 'GLOBAL_RATE'), units, NULL) as payment_units,
    is_fictive as fictive,
    registered_on || 'T06:00:00+00:00' as created,
    greatest(registered_on, if(granted_on <= d, granted_on, NULL), if(end_known_on <= d, end_known_on, NULL))
        || 'T06:00:00+00:00' as modified
from act_on(d)
inner join case_on(d) using (case_no)
order by activity_id;

create view planted_truth as
select
    p.kind, f.case_sbsys_id as "case", f.cpr_number as cpr, a.activity_id as activity,
    if(a.granted_on is null, a.activity_id, a.root_id) as payment_id, p.planted_on,
    case p.kind
        when 'child_in_two_cases' then 'also ' || o.case_sbsys_id
        when 'stale_expected_adjustment'
            then regexp_replace(p.detail, 'modifies .*', 'modifies activity ' || a.modifies_id)
        else replace(p.detail, 'planted_on', p.planted_on::varchar)
    end as detail
from planted as p
left join act as a on a.activity_key = p.activity_key
inner join bevilling as b on b.appropriation_no = coalesce(a.appropriation_no, p.appropriation_no)
inner join case_file as f on f.case_no = b.case_no
left join case_file as o on p.kind = 'child_in_two_cases' and o.case_no = b.child_no
where p.kind not in ('service_stopped', 'never_invoiced')
order by p.planted_on, p.kind, f.case_sbsys_id, a.activity_id;

-- Payment ids that the newest delivery no longer has: deleted after an end or with their activity.
create table gone as
select d.payment_id
from due as d
left join act_on(last_delivery()) as a using (activity_id)
where a.activity_id is null or d.due_on > a.planned_until;

create table posted_payment as
select posting_id, unnest(string_split(payment_ids, '|'))::bigint as payment_id from posting;

create macro ledger_truth(last_delivery, delivered_from) as table
with gone_id as (
    select posting_id, string_agg(payment_id, '|' order by payment_id) as ids
    from posted_payment semi join gone using (payment_id)
    group by posting_id
),
related as (
    select line_key, posting_id, fiscal_year from posting
    where line_key in (select related_key from posting)
)
select
    p.posting_id, p.fiscal_year, p.period_no as period, coalesce(p.payment_ids, 'NONE') as true_bos_payment_ids,
    p.course_ids as bos_payment_schedule_payment_id, p.method,
    strftime(p.service_month, '%Y-%m') as service_month, p.defect,
    p.planned_dkk as true_bos_amount, p.posted_dkk as posted_amount,
    g.ids as deleted_in_bos, r.posting_id as related_posting_id
from posting as p
left join gone_id as g on g.posting_id = p.posting_id
left join related as r on r.line_key = p.related_key and r.fiscal_year >= year(delivered_from)
where p.fiscal_year >= year(delivered_from)
order by p.posting_id;

-- Granted payments of the delivered years that are due and have no posting.
create view missing_truth as
with delivered as (
    select
        p.activity_id, p.slot_no, p.due_on, a.* exclude (activity_id),
        a.id_before + p.slot_no as payment_id,
        amount_dkk(terms, price_on(terms, due_on, last_delivery())) as planned_dkk,
        p.due_on - if(a.method = 'CASH', [3, 0, 0, 0, 0, 1, 2][isodow(p.due_on)], 0) as pay_on
    from payment as p
    inner join act_on(last_delivery()) as a using (activity_id)
    where a.is_granted and p.due_on between delivered_from() and last_delivery()
        and p.due_on <= a.planned_until
)
select
    d.payment_id, d.due_on as date, d.planned_dkk as amount, d.method, d.course_id as bos_payment_schedule_payment_id,
    f.case_sbsys_id as case_sbsys, d.section_id as section, d.activity_no as activity,
    y.activity_id is not null as paid_in_bos,
    case
        when d.is_fictive then 'fictive'
        when d.is_never_invoiced then 'activity_never_invoiced'
        when d.due_on >= d.stopped_on then 'service_stopped_not_ended_in_bos'
        when d.method in ('CASH', 'SD') and d.pay_on <= d.granted_on then 'retroactive_sd_cash_never_paid'
        else 'invoice_not_arrived_yet'
    end as reason
from delivered as d
inner join case_file as f using (case_no)
left join paid as y
    on y.activity_id = d.activity_id and y.slot_no = d.slot_no and y.paid_on <= last_delivery()
where d.planned_dkk <> 0 and d.payment_id not in (select payment_id from posted_payment)
order by d.payment_id;
