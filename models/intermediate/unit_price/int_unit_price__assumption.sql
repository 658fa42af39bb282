-- What the newest delivery of a year says that its budget rests on, as number, days, price and money of the year. The
-- number is what is expected to run: the file's full-year courses times the activation rate, which the file's cost has
-- in it already. What the file leaves out follows from the rest: number × days of the year × price is the cost.
with

in_force as (

    select
        *,
        dayofyear(make_date(fiscal_year, 12, 31)) as days_in_year,
        case when assumed_price_day_dkk > 0 then assumed_price_day_dkk end as price_day_dkk,
        cast(assumed_courses * coalesce(activation_pct, 100) * 0.01 as decimal(18, 8)) as courses
    from {{ ref('stg_plan__budget_assumption') }}
    -- a delivery replaces the year
    qualify dense_rank() over (partition by fiscal_year order by extract_date desc, source_system) = 1

),

counted as (

    select
        *,
        case
            when courses is not null then cast(courses * days_in_year as decimal(18, 4))
            else {{ divide('assumed_cost_dkk', 'price_day_dkk', 4) }}
        end as assumed_days
    from in_force

)

select
    fiscal_year,
    activity_no,
    coalesce(provider_kind, 'all') as provider_kind,
    coalesce(target_group, 'all') as target_group,
    assumed_courses,
    activation_pct,
    {{ divide('assumed_days', 'days_in_year', 4) }} as activated_courses,
    assumed_days,
    assumed_price_day_dkk,
    coalesce(
        cast(price_day_dkk as decimal(28, 8)), {{ divide('assumed_cost_dkk', 'assumed_days', 8, digits=28) }}
    ) as assumed_unit_price_day,
    cast(assumed_cost_dkk as decimal(18, 2)) as assumed_cost_dkk,
    -- what the file's own number and price make; where one of them follows from the cost, the cost
    cast(case
        when courses is not null and price_day_dkk is not null then round(assumed_days * price_day_dkk, 2)
        else assumed_cost_dkk
    end as decimal(18, 2)) as calculated_cost_dkk,
    assumed_duration_days,
    threshold_pct,
    owner_role
from counted
