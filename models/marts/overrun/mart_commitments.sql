-- The commitment account (dispositionsregnskab): course x month of the planned date, for granted courses.
with

payment as (

    select * from {{ ref('fct_course_payment') }}
    where not is_fictive
        and status = 'GRANTED'

),

-- the payment's own account: a course may change its account with its section info
course_month as (

    select
        course_id,
        planned_month as month,
        account_id,
        coalesce(sum(granted_dkk), 0) as committed_dkk,
        sum(paid_dkk) as paid_dkk,
        sum(allocated_dkk) as posted_dkk,
        sum(left_dkk) filter (where is_current) as left_dkk
    from payment
    group by course_id, planned_month, account_id

)

select
    run.as_of,
    course_month.course_id,
    course_month.month,
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
    cast(coalesce(course_month.left_dkk, 0) as decimal(18, 2)) as left_dkk,
    course_month.month <= run.as_of as is_due

from course_month

cross join {{ ref('stg_control__run') }} as run

inner join {{ ref('dim_course') }} as course
    on course_month.course_id = course.course_id

left join {{ ref('dim_account') }} as account
    on course_month.account_id = account.account_id
