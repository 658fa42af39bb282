-- Homecomings and young people who left as adults are the exits of the flow of placements, month by month and age band.
with

placement_flow as (

    select
        month,
        age_band,
        sum(exits_home) as homecomings,
        sum(exits_adult) as left_as_adult,
        sum(exits_home + exits_adult + exits_undecided) as placements_ended
    from {{ ref('mart_placement_flow') }}
    group by month, age_band

)

select
    coalesce(placement_flow.month, homecoming.month) as month,
    coalesce(placement_flow.age_band, homecoming.age_band) as age_band
from placement_flow
full join {{ ref('mart_homecoming') }} as homecoming
    on placement_flow.month = homecoming.month
    and placement_flow.age_band = homecoming.age_band
where coalesce(placement_flow.placements_ended, 0) <> coalesce(homecoming.placements_ended, 0)
    or placement_flow.homecomings <> homecoming.homecomings
    or placement_flow.left_as_adult <> homecoming.left_as_adult
