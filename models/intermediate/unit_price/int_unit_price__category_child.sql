-- What each child has and costs in an activity category and a quarter: what mart_unit_price_public is counted from.
-- Only quarters that are over, and that the case system's reports cover. Private: with the child's key.
with

course as (

    select
        course.course_id,
        course.child_key,
        course.is_counted,
        coalesce(account.category_no, 'Ukendt') as category_no,
        -- a company's prices are public, what a family or a contact person earns is not
        case when provider.provider_kind = 'person' then provider.provider_id else 'none' end as payee_id
    from {{ ref('int_unit_price__course') }} as course
    inner join {{ ref('int_bos__course') }} as bos_course
        on course.course_id = bos_course.course_id
    left join {{ ref('dim_account') }} as account
        on bos_course.account_id = account.account_id
    left join {{ ref('dim_provider') }} as provider
        on course.provider_id = provider.provider_id

),

course_quarter as (

    select
        cast(date_trunc('quarter', course_month.month) as date) as quarter,
        course.category_no,
        course.child_key,
        course.payee_id,
        case when course.is_counted then course_month.course_days else 0 end as course_days,
        course_month.planned_dkk
    from {{ ref('fct_course_month') }} as course_month
    inner join course
        on course_month.course_id = course.course_id
    where cast(date_trunc('quarter', course_month.month) as date) >= {{ covered_from() }}

)

select
    quarter,
    category_no,
    child_key,
    payee_id,
    cast(sum(course_days) as bigint) as course_days,
    cast(sum(planned_dkk) as decimal(18, 2)) as cost_dkk
from course_quarter
where last_day(quarter + interval 2 month) <= {{ as_of() }}
    and (course_days <> 0 or planned_dkk <> 0)
group by quarter, category_no, child_key, payee_id
