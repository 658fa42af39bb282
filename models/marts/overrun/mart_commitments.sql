-- The commitment account (dispositionsregnskab): course x month of the planned date, for granted courses. Every amount may
-- be summed over months, courses and accounts; what is still to come and next year's full cost are the forecast's own.
with

payment as (

    select
        course_id,
        planned_month as month,
        -- the payment's own account: a course may change its account with its section info
        account_id,
        granted_dkk as committed_dkk,
        paid_dkk,
        allocated_dkk as posted_dkk,
        case when is_current then left_dkk end as left_dkk
    from {{ ref('fct_course_payment') }}
    where not is_fictive
        and status = 'GRANTED'

),

to_come as (

    select
        course_id,
        month,
        account_id,
        accrued_unposted,
        committed_remaining
    from {{ ref('int_overrun__line') }}
    where accrued_unposted is not null
        or committed_remaining is not null

),

full_year as (

    select
        course_id,
        month,
        account_id,
        full_year_effect
    from {{ ref('int_overrun__full_year') }}

),

combined as (

    select * from payment
    union all by name
    select * from to_come
    union all by name
    select * from full_year

),

course_month as (

    select
        course_id,
        month,
        account_id,
        coalesce(sum(committed_dkk), 0) as committed_dkk,
        sum(paid_dkk) as paid_dkk,
        coalesce(sum(posted_dkk), 0) as posted_dkk,
        coalesce(sum(left_dkk), 0) as left_dkk,
        coalesce(sum(accrued_unposted), 0) as accrued_unposted,
        coalesce(sum(committed_remaining), 0) as committed_remaining,
        coalesce(sum(full_year_effect), 0) as full_year_effect
    from combined
    group by course_id, month, account_id

)

select
    run.as_of,
    course_month.course_id,
    course_month.month,
    cast(year(course_month.month) as integer) as fiscal_year,
    course_month.account_id,
    account.frame_id,
    course.course_type,
    course.section_id,
    course.activity_no,
    course.provider_id,
    course.team_id,
    course.recipient_type = 'INTERNAL' as is_internal,
    cast(course_month.committed_dkk as decimal(18, 2)) as committed_dkk,
    cast(course_month.paid_dkk as decimal(18, 2)) as paid_dkk,
    cast(course_month.posted_dkk as decimal(18, 2)) as posted_dkk,
    cast(course_month.posted_dkk - course_month.committed_dkk as decimal(18, 2)) as deviation_dkk,
    cast(course_month.left_dkk as decimal(18, 2)) as left_dkk,
    cast(course_month.accrued_unposted as decimal(18, 2)) as accrued_unposted,
    cast(course_month.committed_remaining as decimal(18, 2)) as committed_remaining,
    cast(course_month.full_year_effect as decimal(18, 2)) as full_year_effect,
    course_month.month <= run.as_of as is_due

from course_month

cross join {{ ref('stg_control__run') }} as run

inner join {{ ref('dim_course') }} as course
    on course_month.course_id = course.course_id

left join {{ ref('dim_account') }} as account
    on course_month.account_id = account.account_id
