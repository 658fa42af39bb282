-- Children who go on after a month are those who did the month before, plus entries, minus exits; a month without a row
-- has nobody.
with

calendar as (

    select
        measure.activity_no,
        dim_date.date_on as month
    from (select distinct activity_no from {{ ref('mart_measure_month') }}) as measure
    cross join {{ ref('dim_date') }} as dim_date
    where dim_date.date_on = dim_date.month_start_on
        and dim_date.date_on <= (select max(newest.month) from {{ ref('mart_measure_month') }} as newest)

),

stock as (

    select
        calendar.activity_no,
        calendar.month,
        coalesce(measure_month.children_at_end, 0) as children_at_end,
        coalesce(measure_month.entries - measure_month.exits, 0) as flow,
        lag(children_at_end, 1, 0) over (partition by calendar.activity_no order by calendar.month) as before,
        -- who came before the calendar came before its first month
        row_number() over (partition by calendar.activity_no order by calendar.month) = 1 as is_first
    from calendar
    left join {{ ref('mart_measure_month') }} as measure_month
        on calendar.activity_no = measure_month.activity_no
        and calendar.month = measure_month.month

)

select
    activity_no,
    month
from stock
where not is_first
    and children_at_end <> before + flow
