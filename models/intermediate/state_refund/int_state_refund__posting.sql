-- Posting part x child: what a child cost, what other municipalities paid of it, and what the state refunded. A posting
-- belongs to the child whose course it is matched to; income that no plan explains, to the one child that it names.
with

posting as (

    select
        posting.*,
        case
            when {{ is_state_refund('account') }} then 'state_refund'
            when {{ is_inter_municipal('posting') }} then 'inter_municipal'
            when coalesce(account.dranst_no, '1') = '1' then 'cost'
        end as part
    from {{ ref('int_ledger__posting') }} as posting
    left join {{ ref('dim_account') }} as account
        on posting.account_id = account.account_id
    where not posting.is_balance
        and posting.posted_on <= {{ as_of() }}

),

course as (

    select * from {{ ref('int_bos__course') }} where child_key is not null

),

{{ own_municipality() }},

matched as (

    select
        match.posting_id,
        course.course_id,
        course.child_key,
        coalesce(course.paying_municipality <> own.municipality, false) as is_paid_by_other,
        sum(match.allocated_dkk) as amount_dkk
    from {{ ref('fct_posting_match') }} as match
    inner join course
        on match.course_id = course.course_id
    cross join own
    group by all

),

named as (

    select
        posting.posting_id,
        min(course.child_key) as child_key,
        min(posting.amount_dkk) as amount_dkk
    from posting
    inner join course
        on {{ names_course('posting', 'course') }}
    anti join matched
        on posting.posting_id = matched.posting_id
    where posting.part in ('state_refund', 'inter_municipal')
    group by posting.posting_id
    having count(distinct course.child_key) = 1

),

part_of_child as (

    select * from matched
    union all by name
    select * from named

)

select
    posting.posting_id,
    posting.extract_date,
    posting.fiscal_year,
    posting.posted_on,
    posting.account_id,
    posting.part,
    part_of_child.course_id,
    part_of_child.child_key,
    coalesce(part_of_child.is_paid_by_other, false) as is_paid_by_other,
    cast(part_of_child.amount_dkk as decimal(18, 2)) as amount_dkk

from part_of_child

inner join posting
    on part_of_child.posting_id = posting.posting_id
    and posting.part is not null

union all

-- a refund that names nobody: a lump sum
select
    posting.posting_id,
    posting.extract_date,
    posting.fiscal_year,
    posting.posted_on,
    posting.account_id,
    posting.part,
    cast(null as varchar) as course_id,
    cast(null as varchar) as child_key,
    false as is_paid_by_other,
    posting.amount_dkk

from posting

anti join part_of_child
    on posting.posting_id = part_of_child.posting_id

where posting.part = 'state_refund'
