-- The ledger's lines, postings and documents, and what the case system is told of them.

-- Each claim as it is charged: supplier or person, account, text and amount.
create table charge as
with based as (
    select
        b.*, a.account_id, a.cvr, a.root_id, a.recipient_id, a.sbsys_id,
        if(b.method = 'INVOICE', a.supplier_name, a.recipient_name) as supplier_name,
        f.cpr_number, f.initials, f.first_name, f.first_name_initial, f.birth_on,
        n.name as activity_name
    from booked as b
    inner join act as a using (activity_id)
    inner join case_file as f on f.case_no = a.case_no
    inner join activity_name as n on n.activity_no = a.activity_no
    where b.arrived_on >= ledger_from()
),
-- A course keeps to a style of text, now and then another.
styled as (
    select
        *,
        if(draw('own text', claim_key) < 0.15, claim_key, root_id::varchar) as style_key,
        month_year_da(service_month) as month_year
    from based
),
worded as (
    select
        *,
        case draw_between('text', style_key, 0, 8)
            when 0 then 'Fakt. ' || month(service_month) || '-' || year(service_month)
            when 1 then 'Afregning ' || month_da(service_month)
            when 2 then upper(month_da(service_month)) || ' ' || year(service_month) || ' SAGSNR ' || sbsys_id
            when 3 then strftime(birth_on, '%d%m%y ') || month_short_da(service_month) || '. ' || year(service_month)
            when 4 then 'Ophold ' || month_year || ' - ' || first_name
            when 5 then 'Timer ' || month_year || ', ' || initials
            when 6 then 'Faktura vedr. ' || initials || ' ' || month_year
            when 7 then activity_name || strftime(service_month, ' %m/%Y')
            else split_part(activity_name, ' ', 1) || ' ' || first_name_initial || ' uge '
                || draw_between('week', claim_key, 1, 52) || '-' || draw_between('to week', claim_key, 1, 52)
        end || if(draw('bos id', claim_key) < 0.05, ' BOS ' || root_id, '') as invoice_text
    from styled
),
placed as (
    select
        *,
        case
            when kind = 'wrong_account' and method in ('CASH', 'SD') then '528211010-015196'
            when kind = 'wrong_account' then one_of(
                ['645511002-015150', '528211003-015209', '528211010-015196', '528221002-015190'],
                'wrong account', claim_key)
            else account_id
        end as charged_account_id
    from worded
)
select
    -- A wrong account that is the right one is no defect.
    if(kind = 'wrong_account' and charged_account_id = account_id, 'ok', kind) as kind,
    claim_key, claim_key as line_key, NULL::varchar as related_key, 1 as document_no, is_core,
    method, service_month, arrived_on, posted_on, account_id, charged_account_id,
    case kind
        when 'amount_differs:oldprice' then true_dkk * 0.9856
        when 'amount_differs:typo' then true_dkk + 90 * one_of([-2, -1, 1, 2, 3], 'typo', claim_key)
        when 'amount_differs:round' then true_dkk * 1.25
        when 'amount_differs:hours' then true_dkk * round(0.82 + 0.32 * draw('hours', claim_key), 3)
        when 'amount_differs:payroll' then true_dkk * one_of([0.9, 1.05, 1.125], 'payroll', claim_key)
        when 'amount_differs:cash' then true_dkk * one_of([0.9, 1.05, 1.125], 'payroll', claim_key)
        else true_dkk
    end::decimal(18, 2) as posted_dkk,
    case method when 'SD' then '109' when 'INTERNAL' then '979' else '529' end as art,
    if(method = 'INVOICE', cvr, NULL) as supplier_cvr,
    if(method in ('INVOICE', 'INTERNAL'), supplier_name, NULL) as supplier_name,
    case method when 'CASH' then cpr_number when 'SD' then recipient_id end as recipient_cpr,
    if(method in ('CASH', 'SD') or (method = 'INVOICE' and draw('reference', claim_key) < 0.05), root_id, NULL)
        as payment_reference,
    case
        when kind = 'late_manual_payment' then 'SD-løn regulering ' || month_year || ' ref ' || root_id
        when method = 'CASH' then 'Fra Ballerup Kommune ref: ' || root_id
        when method = 'SD' then 'SD-løn ' || month_year || ' ref ' || root_id
        when method = 'INTERNAL' then 'Intern afregning ' || supplier_name || ' ' || month_year
        when is_collected then 'Samlefaktura ' || month_year || ' (' || children || ' børn)'
        else invoice_text
    end as full_text,
    payment_ids, course_ids, planned_dkk
from placed;

-- Wrong accounts that someone corrects: half of them, at least one that a delivery shows.
create table moved as
with candidate as (
    select claim_key, is_core, draw('moved', claim_key) as u
    from charge where kind = 'wrong_account' and method in ('INVOICE', 'INTERNAL')
)
select claim_key from candidate
where u <= greatest(0.5, coalesce((select min(u) from candidate where is_core), 0));

-- The ledger's lines: the charge itself, and what follows from its defect.
create table line as
with charged as (
    select
        c.* exclude (is_core, account_id),
        c.account_id as right_account_id,
        m.claim_key is not null as is_moved,
        c.posted_on + draw_between('again', c.claim_key, 18, 46) as again_on,
        c.posted_on + draw_between('reversed', c.claim_key, 8, 30) as reversed_on
    from charge as c left join moved as m using (claim_key)
),
every as (
    select * replace (
        if(kind in ('paid_twice', 'reversal'), 'ok', kind) as kind,
        if(kind = 'split_invoice', round(0.6 * posted_dkk), posted_dkk)::decimal(18, 2) as posted_dkk,
        if(kind = 'split_invoice', full_text || ' (1/2)', full_text) as full_text
    )
    from charged
    union all
    select * replace (
        line_key || '#2' as line_key, 2 as document_no,
        (posted_dkk - round(0.6 * posted_dkk))::decimal(18, 2) as posted_dkk, full_text || ' (2/2)' as full_text
    )
    from charged where kind = 'split_invoice'
    union all
    select * replace (
        line_key || '#again' as line_key, line_key as related_key, again_on as posted_on,
        -- The same document, or a new one for the same service.
        if(draw('same document', claim_key) < 0.4, 1, 2) as document_no
    )
    from charged where kind = 'paid_twice'
    union all
    select * replace (
        'reversal' as kind, line_key || '#reversal' as line_key, line_key as related_key,
        reversed_on as posted_on, -posted_dkk as posted_dkk, 'Omp./tilbageført: ' || full_text as full_text
    )
    from charged where kind = 'reversal' or is_moved
    union all
    select * replace (
        'repost_after_reversal' as kind, line_key || '#repost' as line_key, line_key as related_key,
        reversed_on + draw_between('repost', claim_key, 0, 8) as posted_on,
        right_account_id as charged_account_id, 'Omp.: ' || full_text as full_text
    )
    from charged where is_moved
)
select
    * exclude (kind, charged_account_id, right_account_id, is_moved, again_on, reversed_on),
    kind as defect, charged_account_id as account_id
from every;

drop table charge;
drop table moved;

-- Invoices for courses that nobody has registered: single ones, and some that come every month.
insert into line by name
with service_month as (
    select unnest(generate_series(ledger_from(), last_delivery(), interval 1 month))::date as service_month
),
invoiced as (
    select service_month, count(*) as claims from claim where method = 'INVOICE' group by service_month
),
single as (
    select
        service_month, false as is_running,
        unnest(range(greatest(1, (0.02 * coalesce(claims, 0))::int))) as n
    from service_month left join invoiced using (service_month)
),
running as (
    select service_month, true as is_running, unnest(range(greatest(1, children() // 150))) as n
    from service_month where service_month > add_months(last_delivery(), -9)
),
stray as (
    select
        *,
        if(is_running, 'stray/running/' || n, 'stray/' || service_month || '/' || n) as key,
        'stray/' || service_month || if(is_running, '/running/', '/') || n as line_key
    from (from single union all by name from running)
),
known as (select list({'cvr': cvr, 'name': name} order by cvr) as companies from supplier),
unknown as (select list({'cvr': cvr, 'name': name} order by cvr) as companies from unknown_supplier),
worded as (
    select
        s.*,
        if(is_running or draw('unknown', key) < 0.4,
            one_of(u.companies, 'unknown company', key), one_of(k.companies, 'known company', key)) as company,
        last_day(service_month) + draw_between('stray lag', line_key, 6, 38) as posted_on,
        if(is_running, 50 * draw_between('stray amount', key, 160, 420), 750 * exp(4.2 * draw('stray amount', key)))
            ::decimal(18, 2) as posted_dkk,
        case if(is_running, 0, draw_between('stray text', key, 0, 4))
            when 0 then 'Støttetimer ' || one_of(names('girl'), 'stray name', key)
            when 1 then 'Rådgivning iflg. aftale'
            when 2 then 'Akut ophold ' || one_of(names('boy'), 'stray name', key) || ' ' || month_da(service_month)
            when 3 then 'Opstartsgebyr ' || one_of(names('girl'), 'stray name', key)
            else 'Faktura ' || month_da(service_month)
        end as full_text
    from stray as s, known as k, unknown as u
)
select
    line_key, line_key as claim_key, 1 as document_no, 'INVOICE' as method, 'invoice_without_bos_activity' as defect,
    service_month, posted_on as arrived_on, posted_on, posted_dkk, '529' as art, full_text,
    company.cvr as supplier_cvr, company.name as supplier_name,
    one_of(['528211010-015196', '528201003-015195', '528211007-015202', '528211003-015209', '528211017-015200'],
        'stray account', key) as account_id
from worded;

-- Staff, premises and the like: a line a month, wages one a team.
create table overhead_line as
with service_month as (
    select unnest(generate_series(ledger_from(), last_delivery(), interval 1 month))::date as service_month
),
team as (
    select
        any_value(team) filter (team is not null) as team,
        count(*) * least(1, children() / (10 * (select count(*) from worker))) as scale
    from worker group by team_no
),
expense as (
    select
        o.account_id, o.account_name, o.art, o.text, o.supplier_name, o.spread::double as spread,
        o.amount::double * coalesce(t.scale, greatest(0.1, children() / 450)) as month_dkk,
        coalesce(t.team, '') as team,
        'overhead/' || o.overhead_no || coalesce('/' || t.team, '') as key
    from overhead as o
    left join team as t on o.is_per_team = 'true'
)
select
    key || '/' || service_month as line_key, 'overhead' as defect, service_month, account_id, account_name, art,
    supplier_name,
    service_month + draw_between('overhead on', key || '/' || service_month, 19, 27) as posted_on,
    (month_dkk * around(spread, 'overhead', key || '/' || service_month))::decimal(18, 2) as posted_dkk,
    replace(replace(text, '{month}', month_year_da(service_month)), '{team}', team) as full_text
from expense cross join service_month;

-- What schools pay for places that have one, beside the courses: of a day treatment, a line a course that names it; of a
-- home, one a month for all its children.
create table school_line as
with stay as (
    select b.*, a.cvr, a.supplier_name, a.activity_no, a.root_id
    from booked as b inner join act as a using (activity_id)
    where b.method = 'INVOICE' and b.arrived_on >= ledger_from() and b.true_dkk > 0 and not b.is_collected
        and a.is_main and a.activity_no in ('015006', '015031')
),
chosen as (
    select activity_no, cvr from stay group by activity_no, cvr
    qualify row_number() over (partition by activity_no order by count(*) desc, cvr) = 1
),
billed as (
    select
        'school/' || s.claim_key as line_key, s.cvr, s.supplier_name, s.service_month, s.arrived_on,
        s.root_id::varchar as course_ids, (0.30 * s.true_dkk)::decimal(18, 2) as posted_dkk,
        'Skoledel ' || month_year_da(s.service_month) || ' BOS ' || s.root_id as full_text
    from stay as s semi join chosen as c using (activity_no, cvr)
    where s.activity_no = '015006'
    union all
    select
        'school/' || s.cvr || '/' || s.service_month, s.cvr, any_value(s.supplier_name), s.service_month,
        max(s.arrived_on), NULL, (0.25 * sum(s.true_dkk))::decimal(18, 2),
        'Intern skole ' || month_year_da(s.service_month)
    from stay as s semi join chosen as c using (activity_no, cvr)
    where s.activity_no = '015031'
    group by s.cvr, s.service_month
)
select
    line_key, line_key as claim_key, 1 as document_no, 'INVOICE' as method, 'school_side' as defect, service_month,
    arrived_on, arrived_on as posted_on, posted_dkk, '529' as art, full_text, cvr as supplier_cvr, supplier_name,
    course_ids, '322081001-015410' as account_id
from billed;

insert into line by name select * from school_line;

create table posting as
with every as (
    select * from line
    union all by name
    select * exclude (account_name) from overhead_line
),
dated as (
    select
        *,
        (posted_on + one_of([0, 0, 0, 0, 1, 1, 3], 'created', line_key))::timestamp
            + to_seconds(draw_between('clock', line_key, 26000, 60000)) as created_at,
        -- December's services belong to the old year until 20 January.
        month(service_month) = 12 and posted_on <= make_date(year(service_month) + 1, 1, 20) as is_december
    from every
    where posted_on <= last_delivery()
)
select
    5100000000 + 3 * row_number() over (order by created_at, line_key) - draw_between('gap', line_key, 0, 2)
        as posting_id,
    if(is_december, year(service_month), year(posted_on)) as fiscal_year,
    if(is_december, 12, month(posted_on)) as period_no,
    d.* exclude (is_december, full_text, supplier_name),
    d.full_text[1:50] as text,
    ledger_name(d.supplier_name, d.supplier_cvr, d.claim_key) as supplier_name,
    '01005-' || d.account_id || '-' || d.art as account_string,
    l.alias as account_alias
from dated as d
left join account_alias as l using (account_id)
where d.created_at::date <= last_delivery();

-- Suppliers number their documents.
create table document as
with made as (
    select
        claim_key, document_no, supplier_cvr, min(coalesce(arrived_on, posted_on)) as arrived_on,
        bool_or(defect = 'paid_twice') as is_repeat
    from line where method = 'INVOICE'
    group by claim_key, document_no, supplier_cvr
),
numbered as (
    select
        *,
        draw_between('first invoice', supplier_cvr, 300, 30000)
        + 3 * row_number() over (partition by supplier_cvr order by arrived_on, claim_key, document_no) as number
    from made
)
select
    claim_key, document_no,
    -- The number again with a letter or a part, or another number.
    case when is_repeat and document_no = 2 and draw('repeat number', claim_key) < 0.5
        then first(number) over (partition by claim_key order by document_no)
            || if(draw('repeat letter', claim_key) < 0.5, 'A', '-1')
        else number::varchar
    end as invoice_no
from numbered;

-- What the case system is told was paid: cash and wages by the systems, of the invoices three in four by hand.
create table paid as
select
    d.activity_id, d.slot_no, d.due_on,
    case d.method
        when 'CASH' then d.pay_on when 'SD' then d.due_on
        else d.posted_on + draw_between('marked', d.unit_key, 0, 9)
    end as paid_on,
    (d.true_dkk * case
        when d.method in ('CASH', 'SD') or draw('marked amount', d.unit_key) < 0.5 then 1
        when b.kind = 'amount_differs:round' then 1.25
        when b.kind = 'amount_differs:oldprice' then 0.9856
        when b.kind in ('amount_differs:typo', 'amount_differs:hours') then 1.05
        else 1
    end)::decimal(18, 2) as paid_dkk
from due as d
inner join act as a using (activity_id)
left join booked as b on b.claim_key = d.unit_key
where a.granted_on is not null
    and case
        when d.method in ('CASH', 'SD') then not d.is_by_hand and d.planned_dkk > 0
        else draw('marked by hand', d.unit_key) < 0.75 and coalesce(b.posted_on, d.posted_on) = d.posted_on
    end;

drop table claim;
drop table booked;
