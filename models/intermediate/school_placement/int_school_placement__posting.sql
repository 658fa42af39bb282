-- What was posted on either side of places that may have a school, split by course: the stay as postings are matched, the
-- school's lines by the course that they name. What shows no course has none.
with

posting as (

    select
        posting.posting_id,
        coalesce(posting.provider_id, 'Ukendt') as provider_id,
        coalesce(posting.service_month, cast(date_trunc('month', posting.posted_on) as date)) as month,
        account.side,
        posting.amount_dkk,
        -- an id that the text's end may have cut says nothing
        case
            when account.side = 'school' and not coalesce(posting.is_text_course_id_cut, false)
                then coalesce(posting.payment_reference, posting.text_course_id)
        end as named_course_id
    from {{ ref('int_ledger__posting') }} as posting
    inner join {{ ref('int_account__school_side') }} as account
        on posting.account_id = account.account_id
    where not posting.is_balance
        and posting.posted_on <= {{ as_of() }}

),

matched as (

    select
        match.posting_id,
        match.course_id,
        sum(match.allocated_dkk) as allocated_dkk
    from {{ ref('fct_posting_match') }} as match
    where match.course_id is not null
    group by match.posting_id, match.course_id

),

part as (

    select
        posting.posting_id,
        posting.provider_id,
        posting.month,
        posting.side,
        matched.course_id,
        matched.allocated_dkk as amount_dkk
    from posting
    inner join matched
        on posting.posting_id = matched.posting_id

    union all

    -- what no match took
    select
        posting.posting_id,
        posting.provider_id,
        posting.month,
        posting.side,
        course.course_id,
        posting.amount_dkk - coalesce(taken.allocated_dkk, 0) as amount_dkk
    from posting
    left join (
        select
            posting_id,
            sum(allocated_dkk) as allocated_dkk
        from matched
        group by posting_id
    ) as taken
        on posting.posting_id = taken.posting_id
    left join {{ ref('dim_course') }} as course
        on posting.named_course_id = course.course_id

),

teaching as (

    select distinct activity_no
    from {{ ref('stg_reference__school_side') }}
    where side = 'teaching'

)

select
    part.posting_id,
    part.provider_id,
    part.month,
    part.side,
    part.course_id,
    part.side = 'social' and teaching.activity_no is not null as is_teaching,
    cast(part.amount_dkk as decimal(18, 2)) as amount_dkk

from part

left join {{ ref('dim_course') }} as course
    on part.course_id = course.course_id

left join teaching
    on course.activity_no = teaching.activity_no

where part.amount_dkk <> 0
