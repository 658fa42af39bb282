-- The effects of a segment sum to the change of its cost, to the øre, and so do their parts; the segments of a basis hold
-- all cost of the year to date, those against last year all of its same months.
with

segment as (

    select basis || ' ' || activity_no || ' ' || provider_kind as what
    from {{ ref('mart_unit_price_variance') }}
    where volume + mix + price + new_effect + ended_effect <> change_dkk
        or number + duration <> volume
        or is_compared
        and coalesce(price_index, 0) + coalesce(service_level, 0) + coalesce(rate, 0) + coalesce(other_price, 0) <> price

),

basis as (

    select
        basis,
        fiscal_year,
        month_to,
        sum(cost_dkk) as cost_dkk,
        sum(cost_base_dkk) as cost_base_dkk
    from {{ ref('mart_unit_price_variance') }}
    group by basis, fiscal_year, month_to

),

unit_price as (

    select
        month,
        sum(cost_total_dkk) as cost_dkk
    from {{ ref('mart_unit_price') }}
    group by month

),

whole as (

    select
        basis.basis,
        basis.cost_dkk - coalesce(sum(unit_price.cost_dkk) filter (where year(unit_price.month) = basis.fiscal_year), 0)
            as missing_dkk,
        basis.cost_base_dkk
        - coalesce(sum(unit_price.cost_dkk) filter (where year(unit_price.month) = basis.fiscal_year - 1), 0)
            as missing_base_dkk
    from basis
    left join unit_price
        on month(unit_price.month) <= month(basis.month_to)
    group by basis.basis, basis.cost_dkk, basis.cost_base_dkk

)

select what from segment

union all

select basis as what
from whole
where missing_dkk <> 0
    or basis = 'last_year' and missing_base_dkk <> 0
