-- What a year's budget was built on, month by month against what there was: number, price, duration and cost, how far off
-- in percent, and for how many months in a row to the same side. Rule E08 reads it, so that what is flagged here and what
-- is a gap is one arithmetic. What is judged are pairs of amounts (days, cost, days of ended courses) as they are and as
-- they would be by the assumption: their ratio is that of the number, the price, the duration.
{%- set row_key = ['fiscal_year', 'month', 'activity_no', 'provider_kind', 'target_group'] %}
{%- set measures = ['number', 'price', 'duration', 'cost'] %}
with

rule as (

    select * from {{ ref('stg_reference__gap_rule') }} where rule_id = 'E08'

),

-- the months of the years with assumptions that are over and that the reports cover
month_of_year as (

    select
        calendar.year as fiscal_year,
        calendar.month_start_on as month,
        dayofyear(calendar.month_start_on) - 1 as days_before,
        dayofyear(calendar.month_end_on) as days_to_date,
        dayofyear(make_date(calendar.year, 12, 31)) as days_in_year
    from {{ ref('dim_date') }} as calendar
    where calendar.date_on = calendar.month_start_on
        and calendar.month_end_on <= {{ as_of() }}
        and calendar.month_start_on >= {{ covered_from() }}

),

assumed as (

    select
        assumption.*,
        month_of_year.month,
        month_of_year.days_to_date,
        {{ divide(
            'assumption.assumed_days * (month_of_year.days_to_date - month_of_year.days_before)', 'month_of_year.days_in_year', 8,
            digits=28
        ) }} as assumed_course_days,
        {%- for column in ['assumed_cost_dkk', 'calculated_cost_dkk'] %}
        {{ split_part(
            'assumption.' ~ column, 'month_of_year.days_before', 'month_of_year.days_to_date', 'month_of_year.days_in_year'
        ) }} as {{ column.replace('cost', 'month_cost') }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('int_unit_price__assumption') }} as assumption
    inner join month_of_year
        on assumption.fiscal_year = month_of_year.fiscal_year

),

actual as (

    select
        year(unit_price.month) as fiscal_year,
        unit_price.month,
        unit_price.activity_no,
        coalesce(segment.assumption_provider_kind, provider.provider_kind, 'unknown') as provider_kind,
        coalesce(segment.assumption_target_group, unit_price.target_group) as target_group,
        sum(unit_price.course_days) as course_days,
        sum(unit_price.first_in_year_courses) as first_in_year_courses,
        sum(unit_price.ended_courses) as ended_courses,
        -- the mean was rounded, the days are whole
        sum(round(unit_price.avg_duration_days * unit_price.ended_courses)) as ended_duration_days,
        sum(unit_price.cost_total_dkk) as cost_dkk,
        sum(unit_price.cost_posted_dkk) as cost_posted_dkk
    from {{ ref('mart_unit_price') }} as unit_price
    left join {{ ref('dim_provider') }} as provider
        on unit_price.provider_id = provider.provider_id
    left join {{ ref('int_unit_price__assumption_segment') }} as segment
        on year(unit_price.month) = segment.fiscal_year
        and unit_price.activity_no = segment.activity_no
        and coalesce(provider.provider_kind, 'unknown') = segment.provider_kind
        and unit_price.target_group = segment.target_group
    where unit_price.is_covered
        and year(unit_price.month) in (select assumption.fiscal_year from {{ ref('int_unit_price__assumption') }} as assumption)
        and (
            unit_price.course_days <> 0
            or unit_price.cost_total_dkk <> 0
            or unit_price.cost_posted_dkk <> 0
        )
    group by {{ range(1, 6) | join(', ') }}

),

-- an assumption that nobody follows has its months too, and so has activity that no assumption covers
joined as (

    select
        {%- for column in row_key %}
        coalesce(assumed.{{ column }}, actual.{{ column }}) as {{ column }},
        {%- endfor %}
        assumed.fiscal_year is not null as is_assumed,
        day(last_day(coalesce(assumed.month, actual.month))) as days_in_month,
        assumed.activated_courses,
        assumed.assumed_course_days,
        assumed.assumed_duration_days,
        assumed.assumed_unit_price_day,
        assumed.assumed_month_cost_dkk,
        assumed.calculated_month_cost_dkk,
        assumed.owner_role,
        assumed.days_to_date,
        {%- for column in [
            'course_days', 'first_in_year_courses', 'ended_courses', 'ended_duration_days', 'cost_dkk', 'cost_posted_dkk'
        ] %}
        coalesce(actual.{{ column }}, 0) as {{ column }},
        {%- endfor %}
        case when assumed.fiscal_year is not null then coalesce(assumed.threshold_pct, rule.threshold_pct) end as threshold_pct,
        case when assumed.fiscal_year is not null then rule.threshold_count end as threshold_count,
        case when assumed.fiscal_year is not null then rule.follow_up_da end as report_to_da
    from assumed
    full join actual
        on {{ equal_columns('assumed', 'actual', row_key) }}
    left join rule
        on true

),

to_date as (

    select
        *,
        {%- for column in ['ended_courses', 'ended_duration_days'] %}
        sum({{ column }}) over (
            partition by fiscal_year, activity_no, provider_kind, target_group order by month
        ) as {{ column }}_to_date{{ ',' if not loop.last }}
        {%- endfor %}
    from joined

),

-- found and by_assumption are amounts: days, money, days, money; of an assumption of money alone its cost is judged
pair as (

    {% for measure, found, by_assumption, is_judged in [
        ('number', 'course_days', 'assumed_course_days', 'true'),
        ('price', 'cost_dkk', 'assumed_unit_price_day * cast(nullif(course_days, 0) as decimal(10, 0))', 'true'),
        ('duration', 'ended_duration_days_to_date', 'assumed_duration_days * cast(nullif(ended_courses_to_date, 0) as decimal(10, 0))', 'true'),
        ('cost', 'cost_dkk', 'assumed_month_cost_dkk', 'activated_courses is null'),
    ] %}
    select
        {{ row_key | join(',\n        ') }},
        '{{ measure }}' as measure,
        {{ is_judged }} as is_judged,
        threshold_pct,
        cast({{ found }} as decimal(20, 2)) as found,
        cast({{ by_assumption }} as decimal(28, 8)) as by_assumption
    from to_date
    where is_assumed
    {% if not loop.last %}union all
    {% endif %}
    {%- endfor %}

),

judged as (

    select
        *,
        {{ divide('(found - by_assumption) * 100', 'case when by_assumption > 0 then by_assumption end') }} as deviation_pct,
        case
            when is_judged and abs(found - by_assumption) * 100 > abs(by_assumption) * threshold_pct
                then cast(sign(found - by_assumption) as integer)
            else 0
        end as side
    from pair

),

-- months in a row on a side have the same number of months before them that are not on it
island as (

    select
        *,
        month(month) - row_number() over (
            partition by fiscal_year, activity_no, provider_kind, target_group, measure, side order by month
        ) as island_no
    from judged

),

counted as (

    select
        *,
        case
            when side <> 0
                then row_number() over (
                    partition by fiscal_year, activity_no, provider_kind, target_group, measure, side, island_no
                    order by month
                )
            else 0
        end as months_over
    from island

),

measured as (

    select
        {{ row_key | join(',\n        ') }},
        {%- for measure in measures %}
        max(case when measure = '{{ measure }}' then deviation_pct end) as {{ measure }}_deviation_pct,
        max(case when measure = '{{ measure }}' then side * months_over end) as {{ measure }}_months_over,
        {%- endfor %}
        max(months_over) as months_over
    from counted
    group by {{ row_key | join(', ') }}

)

select
    {{ as_of() }} as as_of,
    cast(to_date.fiscal_year as integer) as fiscal_year,
    to_date.month,
    to_date.activity_no,
    to_date.provider_kind,
    to_date.target_group,
    to_date.is_assumed,
    cast(to_date.course_days as bigint) as course_days,
    cast(to_date.first_in_year_courses as bigint) as first_in_year_courses,
    {{ divide('to_date.course_days', 'to_date.days_in_month', 4) }} as average_courses,
    to_date.activated_courses,
    measured.number_deviation_pct,
    {{ divide('to_date.cost_dkk', 'to_date.course_days', 8, digits=28) }} as unit_price_day,
    to_date.assumed_unit_price_day,
    measured.price_deviation_pct,
    cast(to_date.ended_courses as bigint) as ended_courses,
    {{ divide('to_date.ended_duration_days_to_date', 'to_date.ended_courses_to_date') }} as avg_duration_to_date_days,
    to_date.assumed_duration_days,
    measured.duration_deviation_pct,
    cast(to_date.cost_dkk as decimal(18, 2)) as cost_dkk,
    cast(to_date.cost_posted_dkk as decimal(18, 2)) as cost_posted_dkk,
    to_date.assumed_month_cost_dkk,
    to_date.calculated_month_cost_dkk,
    measured.cost_deviation_pct,
    cast(to_date.threshold_pct as decimal(18, 4)) as threshold_pct,
    {%- for measure in measures %}
    cast(measured.{{ measure }}_months_over as integer) as {{ measure }}_months_over,
    {%- endfor %}
    cast(measured.months_over as integer) as months_over,
    measured.months_over > 0 as is_over,
    measured.months_over >= to_date.threshold_count as is_reportable,
    team.team_id,
    case
        when to_date.is_assumed then coalesce(to_date.owner_role, 'Leder af ' || team.team_id, 'Controller')
    end as report_by_da,
    to_date.report_to_da

from to_date

left join measured
    on {{ equal_columns('to_date', 'measured', row_key) }}

left join {{ ref('int_unit_price__assumption_team') }} as team
    on {{ equal_columns('to_date', 'team', row_key | reject('equalto', 'month') | list) }}
