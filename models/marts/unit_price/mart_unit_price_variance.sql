-- Why the cost of the year to date is another than last year's of the same months, and than the budget assumed: more or
-- fewer days, other measures, other prices, new and ended segments. A segment is an activity × kind of provider. With V
-- days, s shares of them, P cost per day, 0 the base and 1 the year, over the segments that have days in both:
-- volume (V1 - V0)·P̄0, mix V1·Σ(s1 - s0)·P0, price Σ V1·(P1 - P0). See marts.md.
{%- set figures = [('course_days', ''), ('courses', ''), ('units', ''), ('cost_by_unit', '_dkk'), ('cost', '_dkk')] %}
{%- set main_parts = ['volume', 'mix', 'price'] %}
{%- set volume_parts = ['number', 'duration'] %}
{%- set price_parts = ['price_index', 'service_level', 'rate', 'other_price'] %}
with

period as (

    select
        last_on,
        year(last_on) as fiscal_year,
        dayofyear(last_on) as days_to_date,
        dayofyear(make_date(year(last_on), 12, 31)) as days_in_year
    -- the end of the newest month that is over
    from (select cast(date_trunc('month', {{ as_of() }} + 1) as date) - 1 as last_on) as newest_month

),

measured as (

    select
        year(unit_price.month) = period.fiscal_year as is_actual,
        unit_price.activity_no,
        coalesce(provider.provider_kind, 'unknown') as provider_kind,
        unit_price.is_covered,
        unit_price.course_days,
        unit_price.first_in_year_courses as courses,
        unit_price.units,
        unit_price.cost_by_unit_dkk,
        unit_price.cost_total_dkk as cost_dkk
    from {{ ref('mart_unit_price') }} as unit_price
    cross join period
    left join {{ ref('dim_provider') }} as provider
        on unit_price.provider_id = provider.provider_id
    where year(unit_price.month) between period.fiscal_year - 1 and period.fiscal_year
        and month(unit_price.month) <= month(period.last_on)

),

assumption as (

    select
        assumption.activity_no,
        assumption.provider_kind,
        {{ divide('assumption.assumed_days * period.days_to_date', 'period.days_in_year', 4) }} as course_days,
        -- a course has no more days to date than there are
        {{ divide(
            'course_days',
            'case when assumption.assumed_duration_days > 0
                then least(assumption.assumed_duration_days, period.days_to_date) end',
            4
        ) }} as courses,
        {{ split_part('assumption.assumed_cost_dkk', '0', 'period.days_to_date', 'period.days_in_year') }} as cost_dkk
    from {{ ref('int_unit_price__assumption') }} as assumption
    inner join period
        on assumption.fiscal_year = period.fiscal_year

),

-- an assumption that names no kind of provider is about all kinds that have none of their own
assumed_kind as (

    select distinct activity_no, provider_kind from assumption

),

side as (

    select
        'last_year' as basis,
        * exclude (is_covered)
    from measured
    -- a year that the reports do not cover from its first month cannot be compared with
    where (select bool_and(base.is_covered) from measured as base where not base.is_actual)

    union all by name

    select
        'budget' as basis,
        measured.* exclude (is_covered, provider_kind),
        coalesce(own.provider_kind, general.provider_kind, measured.provider_kind) as provider_kind
    from measured
    left join assumed_kind as own
        on measured.activity_no = own.activity_no
        and measured.provider_kind = own.provider_kind
    left join assumed_kind as general
        on measured.activity_no = general.activity_no
        and general.provider_kind = 'all'
    where measured.is_actual
        and exists (select 1 from assumption)

    union all by name

    select
        'budget' as basis,
        false as is_actual,
        *
    from assumption

),

-- a product of decimals of up to 18 digits has 18 and would overflow
segment as (

    select
        basis,
        activity_no,
        provider_kind,
        {%- for figure, suffix in figures %}
        {%- for side, is_actual in [('_base', 'not is_actual'), ('', 'is_actual')] %}
        cast(
            coalesce(sum({{ figure }}{{ suffix }}) filter (where {{ is_actual }}), 0) as decimal(20, {{ 2 if suffix else 4 }})
        ) as {{ figure }}{{ side }}{{ suffix }},
        {%- endfor %}
        {%- endfor %}
        -- where one assumption of the segment lacks it, the segment does
        bool_and(courses is not null) as has_courses
    from side
    group by basis, activity_no, provider_kind

),

compared as (

    select
        segment.*,
        segment.course_days_base > 0 and segment.course_days > 0 as is_compared,
        is_compared and segment.units_base > 0 and segment.units > 0 as has_units,
        case when segment.basis = 'last_year' then price_index.change_pct end as price_index_pct,
        cast(1 + coalesce(price_index_pct, 0) * 0.01 as decimal(20, 6)) as index_factor
    from segment
    cross join period
    left join {{ ref('stg_reference__price_index') }} as price_index
        on period.fiscal_year = price_index.fiscal_year

),

totalled as (

    select
        *,
        {%- for figure in ['course_days', 'courses'] %}
        {%- for side in ['_base', ''] %}
        cast(
            sum({{ figure }}{{ side }}) filter (where is_compared) over (partition by basis) as decimal(20, 4)
        ) as {{ figure }}{{ side }}_total,
        {%- endfor %}
        {%- endfor %}
        bool_and(has_courses) filter (where is_compared) over (partition by basis) as has_courses_in_all
    from compared

),

-- the base's cost as it would be with the year's days of all, its number of courses, days of each, units
as_if as (

    select
        *,
        {{ divide('cost_base_dkk * course_days_total', 'course_days_base_total', 6, digits=28) }} as with_all_days,
        {{ divide(
            'cost_base_dkk * courses_total', 'case when has_courses_in_all then courses_base_total end', 6, digits=28
        ) }} as with_number,
        {{ divide('cost_base_dkk * course_days', 'course_days_base', 6, digits=28) }} as with_days,
        {{ divide('cost_by_unit_base_dkk * course_days', 'course_days_base', 6, digits=28) }} * index_factor as units_with_days,
        {{ divide('cost_by_unit_base_dkk * units', 'units_base', 6, digits=28) }} * index_factor as with_units
    from totalled

),

exact as (

    select
        *,
        with_all_days - cost_base_dkk as volume_exact,
        with_days - with_all_days as mix_exact,
        cost_dkk - with_days as price_exact,
        with_number - cost_base_dkk as number_exact,
        with_all_days - with_number as duration_exact,
        case when price_index_pct is not null then with_days * (index_factor - 1) end as price_index_exact,
        case when has_units then with_units - units_with_days end as service_level_exact,
        case when has_units then cost_by_unit_dkk - with_units end as rate_exact,
        price_exact - coalesce(price_index_exact, 0) - coalesce(service_level_exact, 0) - coalesce(rate_exact, 0)
            as other_price_exact
    from as_if

),

main_effect as (

    select
        *,
        {%- for part in main_parts %}
        case
            when is_compared then {{ largest_remainder(part, main_parts, 'cost_dkk - cost_base_dkk') }}
            else 0
        end as {{ part }}{{ ',' if not loop.last }}
        {%- endfor %}
    from exact

),

final as (

    select
        main_effect.*,
        {%- for parts, whole in [(volume_parts, 'volume'), (price_parts, 'price')] %}
        {%- for part in parts %}
        case
            when is_compared and {{ part }}_exact is not null then {{ largest_remainder(part, parts, whole) }}
        end as {{ part }},
        {%- endfor %}
        {%- endfor %}
        case when is_compared then 0 else cost_dkk end as new_effect,
        case when is_compared then 0 else -cost_base_dkk end as ended_effect
    from main_effect

)

select
    final.basis,
    cast(period.fiscal_year as integer) as fiscal_year,
    cast(date_trunc('month', period.last_on) as date) as month_to,
    final.activity_no,
    final.provider_kind,
    final.is_compared,
    cast(final.course_days_base as decimal(18, 4)) as course_days_base,
    cast(final.course_days as bigint) as course_days,
    cast(case when final.has_courses then final.courses_base end as decimal(18, 4)) as courses_base,
    cast(final.courses as bigint) as courses,
    cast(final.units_base as decimal(18, 4)) as units_base,
    cast(final.units as decimal(18, 4)) as units,
    cast(final.cost_by_unit_base_dkk as decimal(18, 2)) as cost_by_unit_base_dkk,
    cast(final.cost_by_unit_dkk as decimal(18, 2)) as cost_by_unit_dkk,
    cast(final.cost_base_dkk as decimal(18, 2)) as cost_base_dkk,
    cast(final.cost_dkk as decimal(18, 2)) as cost_dkk,
    {%- for side, suffix in [('_base', '_base_dkk'), ('', '_dkk')] %}
    {{ divide('final.cost' ~ suffix, 'final.course_days' ~ side, 8, digits=28) }} as unit_price_day{{ side }},
    {{ divide('final.cost_by_unit' ~ suffix, 'final.units' ~ side, 8, digits=28) }} as price_per_unit{{ side }},
    {%- endfor %}
    final.price_index_pct,
    cast(final.cost_dkk - final.cost_base_dkk as decimal(18, 2)) as change_dkk,
    {%- for part in main_parts + volume_parts + price_parts + ['new_effect', 'ended_effect'] %}
    cast(final.{{ part }} as decimal(18, 2)) as {{ part }}{{ ',' if not loop.last }}
    {%- endfor %}
from final
cross join period
