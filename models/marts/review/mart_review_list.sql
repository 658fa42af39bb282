-- The running courses to look at, per measure, with the reasons and what it may be worth: of what lasts longer than it
-- should, and of a price on hold, the whole rest of the year; else the part of it that lies above the usual price.
with

run as (

    select as_of from {{ ref('stg_control__run') }}

),

course as (

    select
        *,
        review_group is not null as is_reviewed_measure,
        coalesce(measure_days > duration_limit_days, false) as is_long_running,
        -- what nobody has confirmed is no price to compare
        coalesce(
            not is_price_on_hold
            and abs(robust_score) > {{ var('review_score_limit') }}
            and abs(above_median_pct) >= {{ var('review_price_min_pct') }},
            false
        ) as is_price_outlier
    from {{ ref('int_review__course') }}

),

valued as (

    select
        *,
        case
            when is_long_running or is_price_on_hold then rest_of_year_dkk
            when price_month_dkk > group_median_dkk
                then {{ divide('rest_of_year_dkk * (price_month_dkk - group_median_dkk)', 'price_month_dkk') }}
            else 0
        end as worth_dkk
    from course
    where is_reviewed_measure
        or is_long_running
        or is_price_outlier
        or is_price_on_hold

)

select
    run.as_of,
    valued.course_id,
    coalesce(valued.review_group, 'other') as review_group,
    cast(row_number() over (
        order by valued.worth_dkk desc, valued.rest_of_year_dkk desc, valued.course_id
    ) as integer) as rank_no,
    cast(row_number() over (
        partition by valued.review_group
        order by valued.worth_dkk desc, valued.rest_of_year_dkk desc, valued.course_id
    ) as integer) as group_rank_no,
    valued.is_reviewed_measure,
    valued.is_long_running,
    valued.is_price_outlier,
    valued.is_price_on_hold,
    valued.section_id,
    valued.activity_no,
    valued.provider_id,
    valued.provider_kind,
    course.team_id,
    valued.started_on,
    valued.measure_since_on,
    valued.measure_days,
    valued.duration_limit_days,
    valued.duration_limit_source,
    cast(valued.price_day as decimal(28, 8)) as price_day,
    valued.price_month_dkk,
    cast(valued.price_month_dkk * 12 as decimal(18, 2)) as price_year_dkk,
    valued.group_courses,
    valued.group_median_dkk,
    valued.group_spread_dkk,
    valued.above_median_pct,
    valued.robust_score,
    valued.cost_to_date_dkk,
    valued.rest_of_year_dkk,
    cast(valued.worth_dkk as decimal(18, 2)) as worth_dkk

from valued

cross join run

inner join {{ ref('dim_course') }} as course
    on valued.course_id = course.course_id
