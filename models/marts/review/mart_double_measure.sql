-- Double measures: two granted main courses of one child that it should have one of at a time, with the days and the
-- money of the overlap, to the as-of date and in the rest of the year. int_review__double_month has the arithmetic.
with

run as (

    select as_of from {{ ref('stg_control__run') }}

),

held as (

    select course_id from {{ ref('int_gap__price_hold') }} where not is_confirmed

),

money as (

    select
        double_month.course_id,
        double_month.other_course_id,
        double_month.exclusive_group,
        double_month.doubled_course_id,
        sum(double_month.child_days) as child_days,
        sum(double_month.cost_dkk) as cost_dkk,
        sum(double_month.other_cost_dkk) as other_cost_dkk,
        sum(double_month.doubled_dkk) as doubled_dkk,
        sum(double_month.doubled_dkk) filter (where year(double_month.month) = year(run.as_of)) as doubled_year_dkk,
        sum(double_month.doubled_rest_dkk) as doubled_rest_of_year_dkk
    from {{ ref('int_review__double_month') }} as double_month
    cross join run
    group by
        double_month.course_id,
        double_month.other_course_id,
        double_month.exclusive_group,
        double_month.doubled_course_id

)

select
    run.as_of,
    overlap.course_id,
    overlap.other_course_id,
    case when money.exclusive_group is null then 'same_measure' else 'exclusive_group' end as double_kind,
    money.exclusive_group,
    overlap.is_alike,
    overlap.overlap_until = run.as_of as is_running,
    coalesce(held.course_id, other_held.course_id) is not null as is_price_on_hold,
    overlap.section_id,
    overlap.other_section_id,
    overlap.activity_no,
    overlap.other_activity_no,
    course.provider_id,
    other_course.provider_id as other_provider_id,
    course.team_id,
    overlap.overlap_from,
    overlap.overlap_until,
    cast(overlap.overlap_days as bigint) as overlap_days,
    cast(money.child_days as bigint) as child_days,
    cast(money.cost_dkk as decimal(18, 2)) as cost_dkk,
    cast(money.other_cost_dkk as decimal(18, 2)) as other_cost_dkk,
    money.doubled_course_id,
    cast(money.doubled_dkk as decimal(18, 2)) as doubled_dkk,
    cast(coalesce(money.doubled_year_dkk, 0) as decimal(18, 2)) as doubled_year_dkk,
    cast(money.doubled_rest_of_year_dkk as decimal(18, 2)) as doubled_rest_of_year_dkk

from money

cross join run

inner join {{ ref('int_bos__course_overlap') }} as overlap
    on money.course_id = overlap.course_id
    and money.other_course_id = overlap.other_course_id

inner join {{ ref('dim_course') }} as course
    on money.course_id = course.course_id

inner join {{ ref('dim_course') }} as other_course
    on money.other_course_id = other_course.course_id

left join held
    on money.course_id = held.course_id

left join held as other_held
    on money.other_course_id = other_held.course_id
