-- Placements that ended, month by month: which children came home, what help followed, and how many were placed again.
-- What came later is counted once the month is old enough for all of its children; until then it is unknown.
{%- set gap_days = var('placement_gap_days') %}
{%- set first_on = "date '" ~ var('calendar_first_on', '2015-01-01') ~ "'" %}
with

placement as (

    select
        *,
        end_on + 1 as left_on,
        cast(date_trunc('month', end_on + 1) as date) as month
    from {{ ref('int_flow__placement') }}
    where exit_kind is not null
        and end_on + 1 >= {{ first_on }}

),

age_band as (

    select * from {{ ref('stg_reference__age_band') }}

),

helped as (

    select distinct
        placement.child_key,
        placement.placement_no
    from placement
    inner join {{ ref('int_flow__child_course') }} as course
        on placement.child_key = course.child_key
        and course.start_on <= placement.end_on + {{ gap_days }}
        and course.end_on >= placement.left_on
    where not course.is_placement

),

judged as (

    select
        placement.month,
        coalesce(age_band.age_band, 'Ukendt') as age_band,
        placement.exit_kind,
        helped.child_key is not null as is_helped,
        {%- for name, days in {'half_year': 182, 'year': 365}.items() %}
        coalesce(placement.next_start_on <= placement.end_on + {{ days }}, false) as is_again_{{ name }},
        last_day(placement.month) - 1 + {{ days }} <= {{ as_of() }} as is_{{ name }}_over,
        {%- endfor %}
        last_day(placement.month) - 1 + {{ gap_days }} <= {{ as_of() }} as is_judged
    from placement
    left join age_band
        on {{ in_age_band('placement.child_birth_on', 'placement.end_on') }}
    left join helped
        on placement.child_key = helped.child_key
        and placement.placement_no = helped.placement_no
    where last_day(placement.month) <= {{ as_of() }}

),

counted as (

    select
        month,
        age_band,
        is_judged,
        is_half_year_over,
        is_year_over,
        count(*) as placements_ended,
        count(*) filter (where exit_kind = 'home') as homecomings,
        count(*) filter (where exit_kind = 'adult') as left_as_adult,
        count(*) filter (where exit_kind = 'home' and is_helped) as home_with_measure,
        count(*) filter (where exit_kind = 'home' and is_again_half_year) as again_half_year,
        count(*) filter (where exit_kind = 'home' and is_again_year) as again_year
    from judged
    group by
        month,
        age_band,
        is_judged,
        is_half_year_over,
        is_year_over

)

select
    month,
    age_band,
    coalesce(month >= {{ covered_from() }}, false) as is_covered,
    is_judged,
    placements_ended,
    case when is_judged then homecomings end as homecomings,
    case when is_judged then left_as_adult end as left_as_adult,
    case when is_judged then home_with_measure end as home_with_measure,
    case when is_judged then homecomings - home_with_measure end as home_without_measure,
    case when is_half_year_over then again_half_year end as again_half_year,
    case when is_year_over then again_year end as again_year,
    case when is_year_over then {{ divide('again_year * 100', 'homecomings', 2) }} end as again_year_pct
from counted
