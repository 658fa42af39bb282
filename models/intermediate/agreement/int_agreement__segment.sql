-- What each company delivers of each activity, and at what price: the granted main courses of provider × activity, with the
-- price of a day in the newest month that is over, and what other companies take for the same activity then.
with

run as (

    select
        as_of,
        -- the newest month that is over
        cast(date_trunc('month', as_of + 1) - interval 1 month as date) as price_month
    from {{ ref('stg_control__run') }}

),

course as (

    select
        course.course_id,
        course.provider_id,
        course.activity_no,
        course.started_on,
        course.ended_on
    from {{ ref('int_unit_price__course') }} as course
    inner join {{ ref('dim_provider') }} as provider
        on course.provider_id = provider.provider_id
        and provider.provider_kind = 'company'
    where course.is_counted

),

figure as (

    select
        course.provider_id,
        course.activity_no,
        1 as courses_running,
        0 as cost_year_dkk,
        0 as full_year_dkk,
        0 as month_days,
        0 as month_dkk
    from course
    cross join run
    where course.started_on <= run.as_of
        and coalesce(course.ended_on >= run.as_of, true)

    union all

    select
        course.provider_id,
        course.activity_no,
        0 as courses_running,
        course_month.planned_dkk as cost_year_dkk,
        0 as full_year_dkk,
        case when course_month.month = run.price_month then course_month.course_days else 0 end as month_days,
        case when course_month.month = run.price_month then course_month.planned_dkk else 0 end as month_dkk
    from course
    inner join {{ ref('fct_course_month') }} as course_month
        on course.course_id = course_month.course_id
    cross join run
    where year(course_month.month) = year(run.as_of)

    union all

    -- in January the newest month that is over is last year's
    select
        course.provider_id,
        course.activity_no,
        0 as courses_running,
        0 as cost_year_dkk,
        0 as full_year_dkk,
        course_month.course_days as month_days,
        course_month.planned_dkk as month_dkk
    from course
    inner join {{ ref('fct_course_month') }} as course_month
        on course.course_id = course_month.course_id
    cross join run
    where course_month.month = run.price_month
        and year(course_month.month) < year(run.as_of)

    union all

    select
        course.provider_id,
        course.activity_no,
        0 as courses_running,
        0 as cost_year_dkk,
        full_year.full_year_effect as full_year_dkk,
        0 as month_days,
        0 as month_dkk
    from course
    inner join {{ ref('int_overrun__full_year') }} as full_year
        on course.course_id = full_year.course_id

),

segment as (

    select
        provider_id,
        activity_no,
        sum(courses_running) as courses_running,
        sum(cost_year_dkk) as cost_year_dkk,
        sum(full_year_dkk) as full_year_dkk,
        sum(month_days) as month_days,
        sum(month_dkk) as month_dkk
    from figure
    group by provider_id, activity_no
    having sum(courses_running) > 0
        or sum(cost_year_dkk) <> 0
        or sum(full_year_dkk) <> 0
        or sum(month_days) > 0

),

priced as (

    select
        *,
        {{ divide('month_dkk', 'month_days') }} as price_day_dkk
    from segment

),

-- a median of fewer others is hardly more than one other's price
others as (

    select
        own.provider_id,
        own.activity_no,
        {{ money('median(cast(other.price_day_dkk as decimal(18, 2)))') }} as others_price_day_dkk
    from priced as own
    inner join priced as other
        on own.activity_no = other.activity_no
        and own.provider_id <> other.provider_id
        and other.price_day_dkk > 0
    group by own.provider_id, own.activity_no
    having count(*) >= {{ var('agreement_fewest_others') }}

)

select
    priced.provider_id,
    priced.activity_no,
    cast(priced.courses_running as bigint) as courses_running,
    cast(priced.cost_year_dkk as decimal(18, 2)) as cost_year_dkk,
    cast(priced.full_year_dkk as decimal(18, 2)) as full_year_dkk,
    cast(priced.month_days as bigint) as month_days,
    cast(priced.month_dkk as decimal(18, 2)) as month_dkk,
    others.others_price_day_dkk

from priced

left join others
    on priced.provider_id = others.provider_id
    and priced.activity_no = others.activity_no
