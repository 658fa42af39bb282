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

-- The median of the others' prices, found by its place: to pair each company with each other one would grow with the
-- square of them. In the order of all prices of the activity the others stand as they do there, from its own place on
-- one further.
place as (

    select
        provider_id,
        activity_no,
        price_day_dkk,
        row_number() over (partition by activity_no order by price_day_dkk, provider_id) as place_no,
        count(*) over (partition by activity_no) as places
    from priced
    where price_day_dkk > 0

),

activity as (

    select
        activity_no,
        any_value(places) as places
    from place
    group by activity_no

),

own as (

    select
        priced.provider_id,
        priced.activity_no,
        place.place_no,
        activity.places - case when place.place_no is null then 0 else 1 end as others
    from priced
    inner join activity
        on priced.activity_no = activity.activity_no
    left join place
        on priced.provider_id = place.provider_id
        and priced.activity_no = place.activity_no

),

-- the one in the middle, or the two
middle as (

    select
        provider_id,
        activity_no,
        place_no,
        unnest([(others + 1) // 2, others // 2 + 1]) as other_no
    from own
    -- a median of fewer others is hardly more than one other's price
    where others >= {{ var('agreement_fewest_others') }}

),

others as (

    select
        middle.provider_id,
        middle.activity_no,
        {{ money('median(cast(other.price_day_dkk as decimal(18, 2)))') }} as others_price_day_dkk
    from middle
    inner join place as other
        on middle.activity_no = other.activity_no
        and middle.other_no + case when middle.other_no >= middle.place_no then 1 else 0 end = other.place_no
    group by middle.provider_id, middle.activity_no

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
