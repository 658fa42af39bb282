-- How much of what the municipality's own institutions can take is taken, month by month.
with

occupant as (

    select
        month,
        provider_id,
        count(distinct child_key) as children,
        sum(end_on - start_on + 1) as child_days
    from {{ ref('int_unit_price__occupant_interval') }}
    group by month, provider_id

),

capacity as (

    select
        provider_id,
        valid_from,
        coalesce(valid_to, {{ as_of() }}) as valid_to,
        capacity_places
    from {{ ref('stg_reference__provider_capacity') }}
    where valid_from <= coalesce(valid_to, {{ as_of() }})

),

capacity_month as (

    select
        *,
        {{ months_between('valid_from', 'valid_to') }} as month
    from capacity

),

-- an institution that nobody uses has places all the same; one whose places are not known on every day has none
place as (

    select
        month,
        provider_id,
        sum(capacity_places * (least(valid_to, last_day(month)) - greatest(valid_from, month) + 1)) as place_days,
        sum(least(valid_to, last_day(month)) - greatest(valid_from, month) + 1) = day(last_day(month)) as is_whole
    from capacity_month
    group by month, provider_id

)

select
    coalesce(occupant.month, place.month) as month,
    coalesce(occupant.provider_id, place.provider_id) as provider_id,
    coalesce(occupant.children, 0) as children,
    cast(coalesce(occupant.child_days, 0) as bigint) as child_days,
    cast(case when place.is_whole then place.place_days end as decimal(18, 2)) as place_days,
    {{ divide('coalesce(occupant.child_days, 0) * 100', 'case when place.is_whole then place.place_days end') }} as occupancy_pct

from occupant

full join place
    on occupant.month = place.month
    and occupant.provider_id = place.provider_id

where last_day(coalesce(occupant.month, place.month)) <= {{ as_of() }}
