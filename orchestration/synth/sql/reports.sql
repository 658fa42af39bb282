-- What each report says on a day. The column names are the files'.

-- The activities as the case system shows them on `d`.
create macro act_on(d) as table
select
    * exclude (end_first, end_new),
    coalesce(granted_on <= d, false) as is_granted,
    case when end_known_on <= d then end_new else end_first end as end_on,
    coalesce(case when end_known_on <= d then end_new else end_first end, horizon(registered_on, d)) as planned_until,
    if(coalesce(granted_on <= d, false), root_id, activity_id) as course_id,
    if(coalesce(granted_on <= d, false), if(regranted_on <= d, regranted_on, granted_on), NULL) as appropriation_on
from act
where registered_on <= d and coalesce(deleted_on > d, true);

create macro case_on(d) as table
select f.*, h.* exclude (case_no)
from case_file as f
inner join case_history as h using (case_no)
where h.changed_on <= d
qualify row_number() over (partition by f.case_no order by h.history_id desc) = 1;

create macro approver(activity_id, leader, username) as
    if(draw('approver', activity_id) < 0.6, coalesce(leader, username), username);

-- What a payments report says of a row's activity on `d`.
create macro activity_report(d) as table
select
    a.activity_id,
    if(a.method = 'CASH', '01005-' || a.source_account || '-529CPR', 'XXX-' || a.source_account || '-XXX')
        as account_string,
    l.alias as account_alias,
    a.course_id as payment_schedule__payment_id,
    if(a.cost_type = 'FIXED', a.price, NULL) as payment_schedule__payment_amount,
    a.frequency as payment_schedule__payment_frequency,
    a.recipient_type,
    a.recipient_id,
    a.recipient_name,
    a.method as payment_method,
    a.cost_type as payment_cost_type,
    if(a.cost_type in ('PER_UNIT', 'GLOBAL_RATE'), a.units, NULL) as units,
    a.is_fictive as fictive,
    a.activity_no as activity__details__activity_id,
    n.name as activity__details__name,
    if(a.is_dated, a.start_on, NULL) as activity_start_date,
    if(a.is_dated, a.end_on, NULL) as activity_end_date,
    if(a.is_granted, 'GRANTED', 'EXPECTED') as activity_status,
    if(a.is_main, 'MAIN_ACTIVITY', 'SUPPL_ACTIVITY') as activity_type,
    a.section_id as section,
    a.section_text,
    a.sbsys_id,
    a.main_activity_no as main_activity_id,
    mn.name as main_activity_name,
    c.cpr_number,
    c.name,
    c.target_group,
    c.username as case_worker,
    c.team,
    c.leader,
    c.efforts,
    c.paying_municipality,
    c.acting_municipality,
    c.residence_municipality,
    c.mother_cpr,
    c.father_cpr,
    a.category_no as activity_category__category_id,
    a.category_name as activity_category__name,
    if(a.is_granted, a.approval_level, NULL) as approval_level,
    if(a.is_granted, approver(a.activity_id, c.leader, c.username), NULL) as approval_user,
    a.appropriation_on as appropriation_date
from act_on(d) as a
inner join case_on(d) as c on c.case_no = a.case_no
inner join activity_name as n on n.activity_no = a.activity_no
inner join activity_name as mn on mn.activity_no = a.main_activity_no
left join account_alias as l on l.account_id = a.source_account;

-- And what it says of the payment, for those planned from one day to another. Of the two reports `granted` has all
-- payments of granted activities; `expected` has those of expected ones too, and of what an adjustment is to replace
-- only the payments before the adjustment's first.
create macro payment_of(d, from_on, to_on) as table
with adjusted as (
    select modifies_id as activity_id, min(first_due_on) as replaced_from_on
    from act_on(d) where modifies_id is not null group by modifies_id
),
shown as (
    select
        p.due_on, p.slot_no, a.*, y.paid_dkk, y.paid_on,
        coalesce(y.paid_on, d) as known_on,
        coalesce(p.due_on < j.replaced_from_on, true) as is_in_expected,
        if(y.paid_on is not null and a.method = 'INVOICE',
            draw_between('note', p.activity_id || '/' || p.slot_no, 1, 1000), NULL) as note_no
    from payment as p
    inner join act_on(d) as a using (activity_id)
    left join paid as y
        on y.activity_id = p.activity_id and y.slot_no = p.slot_no and y.paid_on <= d and a.is_granted
        and y.due_on between from_on and to_on
    left join adjusted as j on j.activity_id = a.activity_id
    where p.due_on between from_on and to_on
        and a.first_on <= to_on and a.planned_to >= from_on
        and p.due_on <= a.planned_until
        and coalesce(y.paid_on, p.due_on) >= make_date(year(d) - 2, 1, 1)
)
select
    s.activity_id,
    s.id_before + s.slot_no + if(s.is_granted, 0, s.slots) as id,
    amount_dkk(terms, price_on(terms, due_on, known_on)) as amount,
    s.paid_dkk as paid_amount,
    s.due_on as date,
    s.paid_on as paid_date,
    case when s.cost_type in ('PER_UNIT', 'GLOBAL_RATE') then
        case when price_on(terms, due_on, d) = 0 then '0' else price_on(terms, due_on, d)::varchar end
    end as price_per_unit,
    -- The case's steps of today, on a paid row of the day it was paid.
    h.effort_step,
    if(h.effort_step = 'None', 'None', h.scaling_step::varchar) as scaling_step,
    case
        when s.note_no > 50 then NULL
        when s.note_no > 20 then 'Faktura modtaget d. ' || strftime(s.paid_on - 8, '%d.%m.%Y')
        when s.note_no > 12
            then 'Faktura delt på to:' || chr(10) || '1) ophold' || chr(10) || '2) lommepenge, se bilag'
        when s.note_no > 6 then 'OBS: "kreditnota" afventes; kontakt økonomi'
        when s.note_no > 0 then 'Afvigelse skyldes ekstra timer, aftalt med leverandør'
    end as note,
    s.is_in_expected,
    s.is_granted as is_in_granted
from shown as s
inner join case_history as h
    on h.case_no = s.case_no and s.known_on >= h.changed_on and s.known_on < h.changed_again_on;

-- A row of both reports as the files have it, in the order of their columns.
create macro payment_report(d, from_on, to_on) as table
select
    p.id, p.amount, p.paid_amount, p.date, p.paid_date, a.account_string, a.account_alias,
    a.payment_schedule__payment_id, a.payment_schedule__payment_amount, a.payment_schedule__payment_frequency,
    a.recipient_type, a.recipient_id, a.recipient_name, a.payment_method, a.payment_cost_type, p.price_per_unit,
    a.units, a.fictive, a.activity__details__activity_id, a.activity__details__name, a.activity_start_date,
    a.activity_end_date, a.activity_status, a.activity_type, a.section, a.section_text, a.sbsys_id,
    a.main_activity_id, a.main_activity_name, a.cpr_number, a.name, a.target_group, a.case_worker, a.team, a.leader,
    a.efforts, p.effort_step, p.scaling_step, a.paying_municipality, a.acting_municipality,
    a.residence_municipality, a.mother_cpr, a.father_cpr, a.activity_category__category_id,
    a.activity_category__name, p.note, a.approval_level, a.approval_user, a.appropriation_date
from payment_of(d, from_on, to_on) as p
inner join activity_report(d) as a using (activity_id);

create macro case_report(d) as table
select
    f.case_id as id, h.history_id, h.history_date, f.cpr_number, f.case_sbsys_id, f.name, f.target_group,
    h.username as case_worker, c.team, c.leader, f.efforts, h.effort_step,
    if(h.effort_step = 'None', NULL, h.scaling_step) as scaling_step,
    f.paying_municipality, f.acting_municipality, f.residence_municipality, f.mother_cpr, f.father_cpr
from case_file as f
inner join case_history as h using (case_no)
inner join case_on(d) as c using (case_no)
where h.changed_on <= d and f.case_no in (select case_no from act_on(d))
order by draw('case order', f.case_no), h.history_id desc;

create macro posting_report(d, year_wanted, period_wanted) as table
select
    posting_id::varchar as posting_id, fiscal_year, lpad(period_no::varchar, 3, '0') as period, posted_on,
    account_string, account_alias, art, abs(posted_dkk) as amount, if(posted_dkk < 0, 'K', 'D') as debit_credit,
    supplier_cvr, supplier_name, recipient_cpr, payment_reference,
    invoice_no, text, created_at
from posting
left join document using (claim_key, document_no)
where fiscal_year = year_wanted and period_no = period_wanted and created_at::date <= d
order by posting_id;

-- The documents of the last 400 days, as far as they have come: received some days before they are posted.
create macro invoice_report(d) as table
with received as (
    select
        *,
        if(defect = 'paid_twice', posted_on, arrived_on) - draw_between('received', line_key, 2, 16) as received_on
    from line where method = 'INVOICE' and defect not in ('reversal', 'repost_after_reversal')
)
select
    n.invoice_no, r.supplier_cvr, ledger_name(r.supplier_name, r.supplier_cvr, r.claim_key) as supplier_name,
    r.posted_dkk as amount, r.received_on, r.received_on + 30 as due_on,
    case
        when r.posted_on <= d then 'BOGFØRT'
        when draw('approval', r.line_key) < 0.5 then 'MODTAGET'
        else 'UNDER GODKENDELSE'
    end as status,
    if(r.posted_on <= d, r.posted_on, NULL) as posted_on,
    if(r.posted_on <= d or draw('coded', r.line_key) < 0.6, '01005-' || r.account_id || '-529', NULL)
        as account_string,
    r.full_text[1:50] as text
from received as r
inner join document as n using (claim_key, document_no)
where r.received_on between d - 400 and d
order by coalesce(r.posted_on, no_end()), r.line_key;

-- A budget of what the plan of the year's payments says, somewhat too low; one account was forgotten.
create table budget as
with planned as (
    select
        year(p.due_on) as fiscal_year, a.account_id,
        sum(abs(
            amount_dkk(terms, agreed_price_on(terms, p.due_on, make_date(year(p.due_on), 1, 1))) / a.price_error
        )::decimal(18, 2)) as plan_dkk
    from payment as p
    inner join act as a using (activity_id)
    where not a.is_fictive and a.granted_on is not null and year(p.due_on) <= year(last_delivery())
        and p.due_on <= coalesce(a.end_new, a.end_first, date '9999-12-31')
    group by all
),
factored as (
    select
        fiscal_year, account_id, NULL as account_name,
        1000 * greatest(1, round(plan_dkk * (0.78 + 0.28 * draw('budget', account_id || fiscal_year)) / 1000))
            as original_dkk
    from planned
    qualify row_number() over (
        partition by fiscal_year
        order by (plan_dkk not between 30000 and 400000)::int, draw('forgotten', account_id)
    ) > 1
    union all by name
    select year(service_month) as fiscal_year, account_id, account_name, 1000 * round(avg(posted_dkk) * 12 * count(*)
        / count(distinct service_month) * 0.97 / 1000) as original_dkk
    from overhead_line group by year(service_month), account_id, account_name
    union all by name
    select year(service_month) as fiscal_year, account_id, 'Interne skoler' as account_name,
        1000 * ceil(12 * sum(posted_dkk) / count(distinct service_month) / 1000) as original_dkk
    from school_line group by year(service_month), account_id
    union all by name
    select distinct
        fiscal_year, '645511002-015150' as account_id, 'Øvrig administration' as account_name, 130000 as original_dkk
    from planned
)
select
    f.*,
    if(draw('supplementary', account_id || fiscal_year) < 0.15,
        1000 * round(original_dkk * one_of([0.036, 0.036, -0.02], 'supplementary', account_id) / 1000),
        0) as supplementary_dkk,
    make_date(fiscal_year, 4, 24) as decided_on
from factored as f;

create macro budget_report(d, year_wanted) as table
with decided as (
    select *, decided_on <= d and supplementary_dkk <> 0 as is_decided from budget where fiscal_year = year_wanted
)
select
    b.fiscal_year, '01005-' || b.account_id || '-' as account_string, l.alias as account_alias,
    coalesce(b.account_name, t.name, 'Ikke fordelt') as account_name,
    b.original_dkk::bigint as original_budget,
    if(b.is_decided, b.supplementary_dkk, 0)::bigint as supplementary_budget,
    (b.original_dkk + if(b.is_decided, b.supplementary_dkk, 0))::bigint as corrected_budget,
    if(b.is_decided, b.decided_on, NULL) as decided_on
from decided as b
left join account_alias as l using (account_id)
left join category_name as t on t.category_no = split_part(b.account_id, '-', 2)
order by b.account_id;
