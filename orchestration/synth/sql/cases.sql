-- Numbers and names as the case system gives them: cases with their history, appropriations, account aliases.

create macro other_municipality(share, salt, key) as
    if(draw(salt, key) < share, one_of(names('municipality'), salt || ' which', key), 'Ballerup');

create table case_file as
with opened as (
    select
        p.case_no,
        any_value(p.child_no) as child_no,
        min(a.registered_on) - draw_between('opened', p.case_no, 0, 15) as opened_on
    from appropriation as p inner join activity as a using (appropriation_no)
    group by p.case_no
)
select
    o.case_no, o.opened_on,
    row_number() over (order by o.opened_on, o.case_no) as case_id,
    '27.24.00-G01-' || (1000 + o.case_no) || '-' || strftime(o.opened_on, '%y') as case_sbsys_id,
    coalesce(e.wrong_cpr, c.cpr) as cpr_number,
    c.full_name as name, c.first_name, c.birth_on, c.person_no as child_no,
    upper(c.first_name[1] || coalesce(c.middle_name[1], '') || c.surname[1]) as initials,
    c.first_name || ' ' || c.surname[1] || '.' as first_name_initial,
    if(draw('target group', o.case_no) < 0.01, NULL,
        if(k.is_handicap, 'Handicapafdelingen', 'Familieafdelingen')) as target_group,
    case
        when draw('efforts', o.case_no) < 0.10 then 'Integrationsindsatsen'
        when draw('efforts', o.case_no) < 0.18 then 'Tværgående ungeindsats'
        when draw('efforts', o.case_no) < 0.20 then 'Integrationsindsatsen,Tværgående ungeindsats'
    end as efforts,
    other_municipality(0.03, 'paying', o.case_no) as paying_municipality,
    other_municipality(0.12, 'acting', o.case_no) as acting_municipality,
    other_municipality(0.06, 'residing', o.case_no) as residence_municipality,
    if(draw('mother known', k.family_no) < 0.93, m.cpr, NULL) as mother_cpr,
    if(draw('father known', k.family_no) < 0.75, f.cpr, NULL) as father_cpr,
    -- Cash is paid to a parent.
    if(draw('payee', k.family_no) < 0.8, m.cpr, f.cpr) as parent_cpr,
    if(draw('payee', k.family_no) < 0.8, m.full_name, f.full_name) as parent_name
from opened as o
inner join child as k using (child_no)
inner join person as c on c.role = 'child' and c.person_no = o.child_no
inner join person as m on m.role = 'mother' and m.person_no = k.family_no
inner join person as f on f.role = 'father' and f.person_no = k.family_no
left join case_error as e on e.case_no = o.case_no;

-- One row per version: a caseworker changes now and then, the steps of the effort ladder more often.
create table case_history as
with version as (
    select
        case_no, v, case_no || '.' || v as key,
        opened_on
            + if(v = 0, 0, draw_between('changed', case_no || '.' || v, 1, greatest(2, last_delivery() - opened_on)))
            as changed_on,
        draw_between('worker', if(draw('new worker', case_no || '.' || v) < 0.25, case_no || '.' || v, case_no || '.0'),
            0, workers - 1) as worker_no
    from case_file cross join range(4) as t(v) cross join (select count(*) as workers from worker)
    where v <= floor(4 * pow(draw('changes', case_no), 1.5))
),
step as (
    select
        case_no,
        bool_or(course_group in ('residence', 'foster')) as is_placed,
        bool_or(course_group in ('home', 'day')) as is_home
    from appropriation group by case_no
)
select
    row_number() over (order by changed_on, case_no, v) as history_id,
    case_no, changed_on,
    lead(changed_on, 1, no_end()) over (partition by case_no order by changed_on, v) as changed_again_on,
    changed_on || 'T0' || draw_between('hour', key, 6, 9) || ':' || draw_between('minute', key, 10, 58)
        || ':00+00:00' as history_date,
    w.username, w.team, w.leader,
    case
        when draw('step', key) < 0.03 then 'None'
        when is_placed then one_of(['Trin 5: Anbringelse i forskellige typer af plejefamilier',
            'Trin 6: Anbringelse i institutionstilbud'], 'placed', case_no)
        when is_home then 'Trin 3: Hjemmebaserede indsatser'
        else 'Trin 2: Forebyggelse'
    end as effort_step,
    draw_between('scaling', key, 1, 10) as scaling_step
from version
inner join step using (case_no)
inner join worker as w using (worker_no);

create table bevilling as
with registered as (
    select
        p.*,
        min(a.registered_on) as registered_on,
        any_value(a.activity_no) filter (a.is_main and a.modifies_key is null) as main_activity_no
    from appropriation as p inner join activity as a using (appropriation_no)
    group by all
),
mapped as (
    select
        r.*, s.kle_no, s.category_no, s.category_name, s.main_account,
        if(s.category_no is null, 'UKENDT', coalesce(s.main_account, '') || '-' || s.category_no) as source_account
    from registered as r
    left join section_activity as s on s.section_id = r.section_id and s.activity_no = r.main_activity_no
)
select
    m.appropriation_no, m.case_no, m.child_no, m.section_id, t.name as section_text, m.course_group, m.main_activity_no,
    m.category_no, m.category_name, m.source_account,
    -- The ledger's account: corrected where the case system's is malformed (most specific correction first).
    coalesce((
        select c.account_id from account_correction as c
        where c.source_account = m.source_account
            and (c.section_id is null or c.section_id = m.section_id)
            and (c.main_activity_no is null or c.main_activity_no = m.main_activity_no)
        order by c.section_id is null, c.main_activity_no is null limit 1
    ), m.source_account) as account_id,
    m.kle_no || '-G01-' || row_number() over same_kind_and_year || '-' || strftime(m.registered_on, '%y')
    || case when draw('parent of', m.appropriation_no) < 0.015 then '-Mor'
        when draw('parent of', m.appropriation_no) < 0.03 then '-Far' else '' end as sbsys_id
from mapped as m
left join section as t using (section_id)
window same_kind_and_year as (
    partition by m.kle_no, year(m.registered_on) order by m.registered_on, m.appropriation_no
);

-- Aliases as an administrator loads them: one a well-formed account, every ninth left out.
create table account_alias as
with account as (
    select distinct main_account || '-' || category_no as account_id
    from section_activity where regexp_matches(main_account || '-' || category_no, '^\d{9}-.{6}$')
),
numbered as (
    select account_id, row_number() over (order by account_id) as n from account
)
select account_id, 'BOS' || lpad((300 + n)::varchar, 7, '0') as alias from numbered where n % 9 > 0;
