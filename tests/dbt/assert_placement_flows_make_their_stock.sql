-- Placed children at a month's end are those at its start plus entries and those who grew into the band, minus exits and
-- those who grew out of it; the stock goes over to the next month; the kinds are the whole. In total nobody grows in or
-- out, and the children are as many as are placed on the day. A month without a row has nobody.
with

calendar as (

    select
        cell.placement_type,
        cell.age_band,
        dim_date.date_on as month
    from (select distinct flow.placement_type, flow.age_band from {{ ref('mart_placement_flow') }} as flow) as cell
    cross join {{ ref('dim_date') }} as dim_date
    where dim_date.date_on = dim_date.month_start_on
        and dim_date.date_on between (select min(oldest.month) from {{ ref('mart_placement_flow') }} as oldest)
        and (select max(newest.month) from {{ ref('mart_placement_flow') }} as newest)

),

stock as (

    select
        calendar.*,
        coalesce(placement_flow.children_at_start, 0) as children_at_start,
        lag(placement_flow.children_at_end) over cell_month as before,
        row_number() over cell_month = 1 as is_first
    from calendar
    left join {{ ref('mart_placement_flow') }} as placement_flow
        on calendar.placement_type = placement_flow.placement_type
        and calendar.age_band = placement_flow.age_band
        and calendar.month = placement_flow.month
    window cell_month as (partition by calendar.placement_type, calendar.age_band order by calendar.month)

),

total as (

    select
        placement_flow.month,
        sum(placement_flow.children_at_end) as children_at_end,
        sum(placement_flow.age_shifts_in - placement_flow.age_shifts_out) as shifts
    from {{ ref('mart_placement_flow') }} as placement_flow
    group by placement_flow.month

),

placed as (

    select
        total.month,
        count(distinct course.child_key) as children
    from total
    left join {{ ref('int_flow__child_course') }} as course
        on last_day(total.month) between course.start_on and course.end_on
        and course.is_placement
    group by total.month

)

select
    month,
    placement_type || ' ' || age_band as what
from {{ ref('mart_placement_flow') }}
where children_at_start + entries + age_shifts_in - exits - age_shifts_out <> children_at_end
    or entries <> entries_first + entries_again + entries_other_type + entries_break
    or exits <> exits_home + exits_adult + exits_other_type + exits_break + exits_undecided

union all

select
    month,
    placement_type || ' ' || age_band as what
from stock
where not is_first
    and children_at_start <> coalesce(before, 0)

union all

select
    total.month,
    'total' as what
from total
inner join placed
    on total.month = placed.month
where total.children_at_end <> placed.children
    or total.shifts <> 0
