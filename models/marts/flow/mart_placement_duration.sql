-- How long placements last: those that ended in a year, those that run at its end, and the median of both together
-- (Kaplan and Meier's estimate over the year's days, so that neither long running stays nor stays from before the year
-- bend it).
with

stay as (

    select
        child_key,
        placement_type,
        child_birth_on,
        start_on,
        end_on
    from {{ ref('int_flow__placement_move') }}

    union all

    -- the whole placement, from leaving home to coming back
    select
        child_key,
        'Alle' as placement_type,
        child_birth_on,
        start_on,
        end_on
    from {{ ref('int_flow__placement') }}

),

age_band as (

    select * from {{ ref('stg_reference__age_band') }}

),

banded as (

    select
        stay.*,
        coalesce(age_band.age_band, 'Ukendt') as age_band
    from stay
    left join age_band
        on {{ in_age_band('stay.child_birth_on', 'stay.start_on') }}

    union all

    select
        stay.*,
        'Alle' as age_band
    from stay

),

covered_year as (

    select distinct
        dim_date.year as calendar_year,
        make_date(dim_date.year, 1, 1) as year_from,
        least(make_date(dim_date.year, 12, 31), {{ as_of() }}) as year_until
    from {{ ref('dim_date') }} as dim_date
    where dim_date.year between year({{ covered_from() }}) and year({{ as_of() }})

),

stay_year as (

    select
        covered_year.calendar_year,
        banded.placement_type,
        banded.age_band,
        banded.end_on <= covered_year.year_until as is_ended,
        -- the stay's length when the year begins (0: it begins later) and when the year or the stay ends
        greatest(covered_year.year_from - banded.start_on, 0) as days_before,
        least(banded.end_on, covered_year.year_until) - banded.start_on + 1 as duration_days
    from banded
    inner join covered_year
        on banded.start_on <= covered_year.year_until
        and banded.end_on >= covered_year.year_from

),

ended_after as (

    select
        calendar_year,
        placement_type,
        age_band,
        duration_days,
        count(*) as ended
    from stay_year
    where is_ended
    group by calendar_year, placement_type, age_band, duration_days

),

at_risk as (

    select
        ended_after.calendar_year,
        ended_after.placement_type,
        ended_after.age_band,
        ended_after.duration_days,
        ended_after.ended,
        count(*) as stays_at_risk
    from ended_after
    inner join stay_year
        on ended_after.calendar_year = stay_year.calendar_year
        and ended_after.placement_type = stay_year.placement_type
        and ended_after.age_band = stay_year.age_band
        and ended_after.duration_days > stay_year.days_before
        and ended_after.duration_days <= stay_year.duration_days
    group by
        ended_after.calendar_year,
        ended_after.placement_type,
        ended_after.age_band,
        ended_after.duration_days,
        ended_after.ended

),

survival as (

    select
        *,
        -- the product of the shares that go on; where all end, nobody does
        exp(sum(case when ended = stays_at_risk then -1000 else ln(1 - ended / stays_at_risk) end) over until_here) as surviving,
        min(stays_at_risk) over until_here as least_at_risk
    from at_risk
    window until_here as (
        partition by calendar_year, placement_type, age_band
        order by duration_days
        rows between unbounded preceding and current row
    )

),

survival_median as (

    select
        calendar_year,
        placement_type,
        age_band,
        min(duration_days) as duration_days
    from survival
    -- a logarithm's last digits do not decide
    where round(surviving, 9) <= 0.5
    group by calendar_year, placement_type, age_band

),

summed as (

    select
        calendar_year,
        placement_type,
        age_band,
        count(*) filter (where is_ended) as ended_stays,
        sum(case when is_ended then duration_days end) as ended_days,
        {%- for name, share in {'ended_lower_quartile_days': 0.25, 'ended_median_days': 0.5, 'ended_upper_quartile_days': 0.75}.items() %}
        percentile_cont({{ share }}) within group (order by case when is_ended then duration_days end) as {{ name }},
        {%- endfor %}
        count(*) filter (where not is_ended) as running_stays,
        sum(case when not is_ended then duration_days end) as running_days,
        percentile_cont(0.5) within group (order by case when not is_ended then duration_days end) as running_median_days
    from stay_year
    group by calendar_year, placement_type, age_band

)

select
    summed.calendar_year,
    summed.placement_type,
    summed.age_band,
    summed.ended_stays,
    {{ divide('summed.ended_days', 'summed.ended_stays', 2) }} as ended_mean_days,
    cast(summed.ended_lower_quartile_days as decimal(18, 2)) as ended_lower_quartile_days,
    cast(summed.ended_median_days as decimal(18, 2)) as ended_median_days,
    cast(summed.ended_upper_quartile_days as decimal(18, 2)) as ended_upper_quartile_days,
    summed.running_stays,
    {{ divide('summed.running_days', 'summed.running_stays', 2) }} as running_mean_days,
    cast(summed.running_median_days as decimal(18, 2)) as running_median_days,
    case when survival.least_at_risk >= {{ var('duration_min_at_risk') }} then survival.duration_days end as survival_median_days,
    survival.least_at_risk as survival_least_at_risk
from summed
left join survival_median
    on summed.calendar_year = survival_median.calendar_year
    and summed.placement_type = survival_median.placement_type
    and summed.age_band = survival_median.age_band
left join survival
    on survival_median.calendar_year = survival.calendar_year
    and survival_median.placement_type = survival.placement_type
    and survival_median.age_band = survival.age_band
    and survival_median.duration_days = survival.duration_days
