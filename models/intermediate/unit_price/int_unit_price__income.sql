-- What others pay of the measures, month by month: other municipalities (art 7.7) and the state's refund for expensive
-- cases (dranst 2), on the functions that courses are paid from and on 5.22.07. Of the course that the posting is
-- matched with or names; else of none.
with

account as (

    select * from {{ ref('dim_account') }}

),

course_function as (

    select distinct function_no from account where is_activity_account

    union

    select function_no from {{ ref('stg_reference__account_function') }} where function_code = '5.22.07'

),

matched as (

    select
        posting_id,
        course_id,
        allocated_dkk
    from {{ ref('fct_posting_match') }}
    where course_id is not null

),

income as (

    select
        posting.posting_id,
        course.course_id as named_course_id,
        coalesce(posting.service_month, cast(date_trunc('month', posting.posted_on) as date)) as month,
        account.dranst_no = '2' as is_refund,
        posting.amount_dkk
    from {{ ref('int_ledger__posting') }} as posting
    inner join account
        on posting.account_id = account.account_id
    semi join course_function
        on account.function_no = course_function.function_no
    left join {{ ref('int_unit_price__course') }} as course
        on posting.text_course_id = course.course_id
    where not posting.is_balance
        and posting.posted_on <= {{ as_of() }}
        and (account.dranst_no = '2' or posting.art_no like '77%')

),

part as (

    select
        income.month,
        matched.course_id,
        income.is_refund,
        matched.allocated_dkk as amount_dkk
    from income
    inner join matched
        on income.posting_id = matched.posting_id

    union all

    -- what no match took
    select
        income.month,
        income.named_course_id as course_id,
        income.is_refund,
        income.amount_dkk - coalesce(taken.allocated_dkk, 0) as amount_dkk
    from income
    left join (
        select
            posting_id,
            sum(allocated_dkk) as allocated_dkk
        from matched
        group by posting_id
    ) as taken
        on income.posting_id = taken.posting_id

)

select
    course_id,
    month,
    cast(coalesce(sum(amount_dkk) filter (where not is_refund), 0) as decimal(18, 2)) as inter_municipal_dkk,
    cast(coalesce(sum(amount_dkk) filter (where is_refund), 0) as decimal(18, 2)) as refund_dkk
from part
where amount_dkk <> 0
group by course_id, month
