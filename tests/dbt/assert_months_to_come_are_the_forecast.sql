-- Month = frame: what is to come in the running year's months is what the forecast counts as accrued and committed; with
-- last year's accruals, which stand in last year's months, the two sum to the frames'.
with

run as (

    select cast(year(as_of) as integer) as this_year from {{ ref('stg_control__run') }}

),

month as (

    select coalesce(sum(month.to_come_dkk), 0) as to_come_dkk
    from {{ ref('mart_overrun_month') }} as month
    inner join run
        on month.fiscal_year = run.this_year

),

frame as (

    select coalesce(sum(frame.accrued_unposted + frame.committed_remaining), 0) as to_come_dkk
    from {{ ref('mart_overrun_frame') }} as frame
    inner join run
        on frame.fiscal_year = run.this_year

),

last_year as (

    select coalesce(sum(coalesce(line.accrued_unposted, 0)), 0) as accrued_dkk
    from {{ ref('int_overrun__line') }} as line
    cross join run
    where year(line.month) < run.this_year

)

select
    month.to_come_dkk,
    frame.to_come_dkk as in_frame_dkk,
    last_year.accrued_dkk
from month
cross join frame
cross join last_year
where month.to_come_dkk + last_year.accrued_dkk <> frame.to_come_dkk
