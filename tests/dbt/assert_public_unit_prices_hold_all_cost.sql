-- The public rows of a quarter sum to mart_unit_price's cost and days of its months, to the øre; where all is hidden,
-- nothing is said.
with

public_quarter as (

    select
        quarter,
        sum(cost_total_dkk) as cost_dkk,
        sum(course_days) as course_days
    from {{ ref('mart_unit_price_public') }}
    group by quarter

),

quarter as (

    select
        cast(date_trunc('quarter', month) as date) as quarter,
        sum(cost_total_dkk) as cost_dkk,
        sum(course_days) as course_days
    from {{ ref('mart_unit_price') }}
    where is_covered
        and last_day(cast(date_trunc('quarter', month) as date) + interval 2 month) <= {{ as_of() }}
    group by cast(date_trunc('quarter', month) as date)

)

select
    quarter,
    public_quarter.cost_dkk as public_cost_dkk,
    quarter.cost_dkk,
    public_quarter.course_days as public_course_days,
    quarter.course_days
from quarter
full join public_quarter using (quarter)
where (public_quarter.quarter is null and (quarter.cost_dkk <> 0 or quarter.course_days <> 0))
    or quarter.quarter is null
    or public_quarter.cost_dkk <> quarter.cost_dkk
    or public_quarter.course_days <> quarter.course_days
