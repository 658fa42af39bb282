-- The main courses that run at the as-of date, each with its price and duration beside those of its like: its price per
-- month against the median of the activity and kind of provider, in robust standard deviations (Iglewicz and Hoaglin,
-- How to Detect and Handle Outliers, 1993), and the child's time in the measure against the longest duration.
with

run as (

    select
        as_of,
        make_date(year(as_of), 1, 1) as year_start,
        make_date(year(as_of), 12, 31) as year_end
    from {{ ref('stg_control__run') }}

),

measure_interval as (

    select
        measure_interval.activity_no,
        measure_interval.child_key,
        measure_interval.start_on,
        measure_interval.end_on,
        least(measure_interval.end_on, run.as_of) - measure_interval.start_on + 1 as measure_days
    from {{ ref('int_unit_price__measure_interval') }} as measure_interval
    cross join run
    where measure_interval.start_on <= run.as_of

),

-- where no seed says how long a measure may last: what lies far outside the others (Tukey's fence)
usual_duration as (

    select
        activity_no,
        cast(floor(
            quantile_cont(measure_days, 0.75)
            + {{ var('review_fence') }} * (quantile_cont(measure_days, 0.75) - quantile_cont(measure_days, 0.25))
        ) as integer) as fence_days
    from measure_interval
    group by activity_no
    having count(*) >= {{ var('review_min_courses') }}

),

running as (

    select
        course.course_id,
        course.section_id,
        course.activity_no,
        course.provider_id,
        coalesce(provider.provider_kind, 'unknown') as provider_kind,
        course.started_on,
        measure_interval.start_on as measure_since_on,
        measure_interval.measure_days,
        -- 0 kr. is rule D17's, and an own contribution is no price
        case when state.month_dkk > 0 then state.month_dkk end as price_month_dkk,
        price_hold.course_id is not null as is_price_on_hold
    from {{ ref('int_unit_price__course') }} as course
    cross join run
    inner join {{ ref('int_bos__course_span') }} as span
        on course.course_id = span.course_id
        and run.as_of between span.start_on and span.end_on
    inner join measure_interval
        on course.activity_no = measure_interval.activity_no
        and course.child_key = measure_interval.child_key
        and run.as_of between measure_interval.start_on and measure_interval.end_on
    inner join {{ ref('int_overrun__course_state') }} as state
        on course.course_id = state.course_id
    left join {{ ref('dim_provider') }} as provider
        on course.provider_id = provider.provider_id
    left join {{ ref('int_gap__price_hold') }} as price_hold
        on course.course_id = price_hold.course_id
        and not price_hold.is_confirmed
    where course.is_counted

),

-- a price that can hardly be right is nobody's measure
centre as (

    select
        activity_no,
        provider_kind,
        count(*) as courses,
        median(cast(price_month_dkk as decimal(18, 4))) as median_month
    from running
    where price_month_dkk is not null
        and not is_price_on_hold
    group by activity_no, provider_kind

),

-- the spread of a normal distribution with the same median deviation; where over half have one price that is 0, and the
-- mean deviation takes its place
spread as (

    select
        running.activity_no,
        running.provider_kind,
        coalesce(
            nullif(median(cast(abs(running.price_month_dkk - centre.median_month) as decimal(18, 4))), 0) * 1.4826,
            avg(abs(running.price_month_dkk - centre.median_month)) * 1.2533
        ) as spread_month
    from running
    inner join centre
        on running.activity_no = centre.activity_no
        and running.provider_kind = centre.provider_kind
    where running.price_month_dkk is not null
        and not running.is_price_on_hold
    group by running.activity_no, running.provider_kind

),

money as (

    select
        payment.course_id,
        sum(payment.planned_dkk) filter (where payment.planned_on between run.year_start and run.as_of) as cost_to_date_dkk,
        sum(payment.left_dkk) filter (
            where payment.planned_on > run.as_of
                and payment.planned_on <= run.year_end
        ) as rest_of_year_dkk
    from {{ ref('fct_course_payment') }} as payment
    cross join run
    where payment.is_current
        and payment.granted_dkk is not null
        and not payment.is_fictive
    group by payment.course_id

)

select
    running.course_id,
    running.section_id,
    running.activity_no,
    running.provider_id,
    running.provider_kind,
    coalesce(activity.review_group, section.review_group) as review_group,
    running.started_on,
    running.measure_since_on,
    cast(running.measure_days as bigint) as measure_days,
    case
        when activity.max_duration_days is not null then 'activity'
        when section.max_duration_months is not null then 'section'
        when usual_duration.fence_days is not null then 'distribution'
    end as duration_limit_source,
    cast(coalesce(
        activity.max_duration_days,
        cast(running.measure_since_on + to_months(section.max_duration_months) as date) - running.measure_since_on,
        usual_duration.fence_days
    ) as bigint) as duration_limit_days,
    running.is_price_on_hold,
    running.price_month_dkk,
    {{ divide('running.price_month_dkk * 12', '365', 8, digits=28) }} as price_day,
    coalesce(centre.courses, 0) as group_courses,
    cast(round(centre.median_month, 2) as decimal(18, 2)) as group_median_dkk,
    cast(round(spread.spread_month, 2) as decimal(18, 2)) as group_spread_dkk,
    {{ divide('(running.price_month_dkk - centre.median_month) * 100', 'centre.median_month') }} as above_median_pct,
    case
        when centre.courses >= {{ var('review_min_courses') }}
            then {{ divide('running.price_month_dkk - centre.median_month', 'spread.spread_month') }}
    end as robust_score,
    cast(coalesce(money.cost_to_date_dkk, 0) as decimal(18, 2)) as cost_to_date_dkk,
    cast(coalesce(money.rest_of_year_dkk, 0) as decimal(18, 2)) as rest_of_year_dkk

from running

left join {{ ref('dim_section') }} as section
    on running.section_id = section.section_id

left join {{ ref('dim_activity') }} as activity
    on running.activity_no = activity.activity_no

left join usual_duration
    on running.activity_no = usual_duration.activity_no

left join centre
    on running.activity_no = centre.activity_no
    and running.provider_kind = centre.provider_kind

left join spread
    on running.activity_no = spread.activity_no
    and running.provider_kind = spread.provider_kind

left join money
    on running.course_id = money.course_id
