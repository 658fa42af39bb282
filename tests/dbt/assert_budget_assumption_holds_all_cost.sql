-- The rows of a year in mart_budget_assumption are all cost of the year's months that are over, and all that is planned for
-- the others; its months are mart_unit_price's, month by month; and the effects of a row are its deviation, to the øre.
with

followed as (

    select
        month,
        sum(cost_dkk) as cost_dkk,
        sum(course_days) as course_days
    from {{ ref('mart_budget_assumption_month') }}
    group by month

),

unit_price as (

    select
        month,
        sum(cost_total_dkk) as cost_dkk,
        sum(course_days) as course_days
    from {{ ref('mart_unit_price') }}
    where is_covered
    group by month

),

planned as (

    select
        year(course_month.month) as fiscal_year,
        sum(course_month.planned_dkk) as planned_dkk
    from {{ ref('fct_course_month') }} as course_month
    inner join {{ ref('int_unit_price__course') }} as course
        on course_month.course_id = course.course_id
    where last_day(course_month.month) > {{ as_of() }}
    group by year(course_month.month)

),

summed as (

    select
        fiscal_year,
        sum(cost_dkk) as cost_dkk,
        sum(course_days) as course_days,
        sum(granted_rest_dkk) as granted_rest_dkk
    from {{ ref('mart_budget_assumption') }}
    group by fiscal_year

),

wrong_row as (

    select fiscal_year || ' ' || activity_no || ' ' || provider_kind || ' ' || target_group as what
    from {{ ref('mart_budget_assumption') }}
    where change_dkk <> cost_dkk - cost_base_dkk
        or change_dkk <> coalesce(volume_effect + price_effect + calculation_effect, not_compared_effect)
        or volume_effect <> number_effect + mix_effect + duration_effect

),

wrong_month as (

    select 'month ' || unit_price.month as what
    from unit_price
    left join followed
        on unit_price.month = followed.month
    where year(unit_price.month) in (select summed.fiscal_year from summed)
        and (
            coalesce(followed.cost_dkk, 0) <> unit_price.cost_dkk
            or coalesce(followed.course_days, 0) <> unit_price.course_days
        )

),

wrong_year as (

    select 'year ' || summed.fiscal_year as what
    from summed
    left join planned
        on summed.fiscal_year = planned.fiscal_year
    left join (
        select
            year(month) as fiscal_year,
            sum(cost_dkk) as cost_dkk,
            sum(course_days) as course_days
        from unit_price
        group by year(month)
    ) as actual
        on summed.fiscal_year = actual.fiscal_year
    where coalesce(summed.granted_rest_dkk, 0) <> coalesce(planned.planned_dkk, 0)
        or coalesce(summed.cost_dkk, 0) <> coalesce(actual.cost_dkk, 0)
        or coalesce(summed.course_days, 0) <> coalesce(actual.course_days, 0)

)

select what from wrong_row

union all

select what from wrong_month

union all

select what from wrong_year
