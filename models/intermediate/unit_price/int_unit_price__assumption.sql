-- What the newest delivery of a year says that its budget rests on, as days and money of the year. Days are the money
-- over the price of a day, so that the assumed price is the assumption's own; else the full-year courses' days.
with

in_force as (

    select *
    from {{ ref('stg_plan__budget_assumption') }}
    -- a delivery replaces the year
    qualify rank() over (partition by source_system, fiscal_year order by extract_date desc) = 1

)

select
    fiscal_year,
    activity_no,
    coalesce(provider_kind, 'all') as provider_kind,
    coalesce(target_group, 'all') as target_group,
    {{ divide(
        "case when assumed_price_day_dkk > 0 then assumed_cost_dkk
            else assumed_courses * coalesce(activation_pct, 100) * dayofyear(make_date(fiscal_year, 12, 31)) end",
        'case when assumed_price_day_dkk > 0 then assumed_price_day_dkk else 100 end',
        4
    ) }} as assumed_days,
    cast(assumed_cost_dkk as decimal(18, 2)) as assumed_cost_dkk,
    assumed_duration_days
from in_force
