-- Month x team: the courses that a delivery of the month showed for the first time, and how long after their start. What
-- the first delivery of all had is backlog and counts nowhere. See marts.md, Registration gaps.
with

run as (

    select * from {{ ref('stg_control__run') }}

),

-- the thresholds of late registration
rule as (

    select
        threshold_days,
        escalation_days
    from {{ ref('stg_reference__gap_rule') }}
    where rule_id = 'B01'

),

new_course as (

    select
        *,
        coalesce(team_id, 'Uden team') as team,
        cast(date_trunc('month', first_seen_on) as date) as month
    from {{ ref('int_bos__new_course') }}

),

first_delivery as (

    select min(extract_date) as extract_date from {{ ref('int_bos__delivery_window') }}

),

month as (

    select calendar.month_start_on as month
    from {{ ref('dim_date') }} as calendar
    cross join run
    cross join first_delivery
    where calendar.date_on = calendar.month_start_on
        and calendar.month_start_on <= run.as_of
        and calendar.month_end_on > first_delivery.extract_date

),

grid as (

    select
        month.month,
        team.team
    from month
    cross join (
        select team_id as team from {{ ref('dim_team') }}
        union
        select team from new_course
    ) as team

)

select
    grid.month,
    grid.team as team_id,
    count(new_course.course_id) as new_courses,
    cast(median(new_course.lag_days) as decimal(9, 1)) as lag_days_median,
    cast(quantile_cont(new_course.lag_days, 0.9) as decimal(9, 1)) as lag_days_p90,
    count(*) filter (where new_course.late_days > rule.threshold_days) as late_courses,
    count(*) filter (where new_course.late_days > rule.escalation_days) as very_late_courses,
    rule.threshold_days as late_after_days,
    rule.escalation_days as very_late_after_days,
    cast(coalesce(sum(new_course.reported_dkk), 0) as decimal(18, 2)) as late_dkk

from grid

cross join rule

left join new_course
    on grid.month = new_course.month
    and grid.team = new_course.team

group by grid.month, grid.team, rule.threshold_days, rule.escalation_days
