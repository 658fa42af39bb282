-- The matches of a publication against the truth of the shared extracts, pair by pair (posting x course payment). The
-- database is attached as `built`; the variables `truth` and `landing` are the folders of the shared extracts.
--
-- Apart stand reversals, their reposts and doubles: what they repeat or undo is matched, the question for them is another.
-- Twins are true pairs that nothing tells apart: one course, month and plan, postings of one day and service month.
-- Whoever deals them out is right once a group on average, however many they are: that is the ceiling.

create temp table payment as
select distinct
    id,
    payment_schedule__payment_id || '/' || date as course_payment_id
from read_csv(getvariable('landing') || '/bos/*/*_payments_3.csv*', all_varchar = true, union_by_name = true);

create temp table truth as
select
    truth.posting_id,
    split_part(truth.defect, ':', 1) as defect,
    coalesce(truth.method, 'none') as method,
    split_part(truth.defect, ':', 1) in ('reversal', 'repost_after_reversal', 'paid_twice') as is_apart,
    truth.true_bos_payment_ids
from read_csv(getvariable('truth') || '/ledger_truth.csv', all_varchar = true) as truth
semi join built.marts.fct_posting as posting
    on truth.posting_id = posting.posting_id;

create temp table true_pair as
select distinct
    truth.posting_id,
    truth.defect,
    truth.method,
    truth.is_apart,
    payment.course_payment_id
from (select * exclude (true_bos_payment_ids), unnest(string_split(true_bos_payment_ids, '|')) as id from truth) as truth
inner join payment
    on truth.id = payment.id;

create temp table found_pair as
select
    posting_match.posting_id,
    posting_match.course_payment_id,
    posting_match.match_method,
    posting_match.candidates,
    posting_match.is_double_candidate,
    truth.defect,
    truth.method,
    truth.is_apart
from built.marts.fct_posting_match as posting_match
inner join truth
    on posting_match.posting_id = truth.posting_id
where posting_match.course_payment_id is not null;

create temp table twin as
select
    true_pair.posting_id,
    true_pair.course_payment_id,
    hash(
        payment.course_id, payment.planned_month, payment.planned_dkk, posting.posted_on, posting.service_month
    ) as twin_group
from true_pair
inner join built.marts.fct_posting as posting
    on true_pair.posting_id = posting.posting_id
inner join built.marts.fct_course_payment as payment
    on true_pair.course_payment_id = payment.course_payment_id
where not true_pair.is_apart
    -- one posting for several payments is no choice between them
qualify count(*) over (partition by true_pair.posting_id) = 1
    and min(true_pair.course_payment_id) over (partition by twin_group)
    <> max(true_pair.course_payment_id) over (partition by twin_group);

-- a pair that is true, or would be if two twins changed places
create temp table right_pair as
select posting_id, course_payment_id, true as is_letter from true_pair
union all
select twin.posting_id, other.course_payment_id, false as is_letter
from twin
inner join twin as other
    on twin.twin_group = other.twin_group
    and twin.course_payment_id <> other.course_payment_id;

create temp table scored as
select
    found_pair.*,
    found_pair.candidates > 1 and found_pair.match_method <> 'bundle' as is_dealt,
    coalesce(right_pair.is_letter, false) as is_letter,
    right_pair.posting_id is not null as is_right
from found_pair
left join right_pair
    on found_pair.posting_id = right_pair.posting_id
    and found_pair.course_payment_id = right_pair.course_payment_id;

create temp view score as
with

counted as (

    select
        count(*) as found,
        count(*) filter (where is_letter) as right_by_letter,
        count(*) filter (where is_right) as right_as_sets,
        -- rows that say themselves that they were dealt out among equals
        count(*) filter (where is_dealt) as found_dealt,
        count(*) filter (where is_dealt and is_letter) as right_dealt,
        (select count(*) from true_pair where not is_apart) as true_pairs,
        (select count(*) from twin) as twins,
        (select count(distinct twin_group) from twin) as twin_groups
    from scored
    where not is_apart

)

select
    *,
    round(right_by_letter / found, 4) as precision_by_letter,
    round(right_by_letter / true_pairs, 4) as recall_by_letter,
    round(1 - (twins - twin_groups) / true_pairs, 4) as ceiling_by_letter,
    round(right_as_sets / found, 4) as precision_as_sets,
    round(right_as_sets / true_pairs, 4) as recall_as_sets,
    round((right_by_letter - right_dealt) / (found - found_dealt), 4) as precision_undealt,
    round((right_by_letter - right_dealt) / true_pairs, 4) as recall_undealt
from counted;

create temp view precision_by_method as
select
    match_method,
    count(*) as found,
    count(*) filter (where is_right) as right_as_sets,
    round(count(*) filter (where is_letter) / count(*), 4) as precision_by_letter,
    round(count(*) filter (where is_right) / count(*), 4) as precision_as_sets,
    count(*) filter (where not is_right and defect in ('invoice_without_bos_activity', 'overhead')) as found_for_nothing
from scored
where not is_apart
group by match_method
order by found desc;

-- what the truth has and no row says, by kind of defect; `dealt` are twins that changed places
create temp view misses_by_defect as
with

outcome as (

    select
        true_pair.*,
        letter.posting_id is not null as is_letter,
        twin.posting_id is not null and dealt.posting_id is not null as is_dealt,
        any_match.posting_id is not null as is_matched
    from true_pair
    left join scored as letter
        on true_pair.posting_id = letter.posting_id
        and true_pair.course_payment_id = letter.course_payment_id
    left join twin
        on true_pair.posting_id = twin.posting_id
    left join (select distinct posting_id from scored where is_right) as dealt
        on true_pair.posting_id = dealt.posting_id
    left join (select distinct posting_id from scored) as any_match
        on true_pair.posting_id = any_match.posting_id

)

select
    is_apart,
    defect,
    method,
    count(*) as pairs,
    count(*) filter (where is_letter) as right_by_letter,
    count(*) filter (where not is_letter and is_dealt) as dealt,
    count(*) filter (where not is_letter and not is_dealt and is_matched) as wrong,
    count(*) filter (where not is_matched) as unmatched
from outcome
group by is_apart, defect, method
order by is_apart, pairs desc;

-- doubles: is the posting, or another one of the same payment, said to be one?
create temp view doubles as
select
    truth.method,
    count(*) as doubles,
    count(*) filter (where own.posting_id is not null) as said_of_the_posting
from truth
left join (select distinct posting_id from scored where is_double_candidate) as own
    on truth.posting_id = own.posting_id
where truth.defect = 'paid_twice'
group by truth.method
order by doubles desc;
