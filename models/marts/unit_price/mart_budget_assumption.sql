-- What a year's budget was built on against what there is: to date, why the cost is another than assumed, and what is
-- already granted for the rest of the year. With N courses, D days of each, p cost per day, T = ΣN, w = N/T, 0 assumed and
-- 1 actual, over the assumptions with days in both: number (T1 - T0)·C0/T0, mix T1·(w1 - w0)·D0·p0, duration
-- N1·(D1 - D0)·p0, price N1·D1·(p1 - p0). Where the file's cost is not its own number × price, calculation holds the rest.
{%- set row_key = ['fiscal_year', 'activity_no', 'provider_kind', 'target_group'] %}
{%- set main_parts = ['volume', 'price', 'calculation'] %}
{%- set volume_parts = ['number', 'mix', 'duration'] %}
with

newest_month as (

    select
        fiscal_year,
        max(month) as month_to,
        dayofyear(last_day(max(month))) as days_to_date
    from {{ ref('mart_budget_assumption_month') }}
    group by fiscal_year

),

to_date as (

    select
        {{ row_key | join(',\n        ') }},
        -- a product of decimals of up to 18 digits has 18 and would overflow
        {%- for column in [
            'course_days', 'first_in_year_courses', 'cost_dkk', 'cost_posted_dkk', 'assumed_month_cost_dkk',
            'calculated_month_cost_dkk'
        ] %}
        cast(sum({{ column }}) as decimal(20, 2)) as {{ column }},
        {%- endfor %}
        bool_or(is_reportable) as was_reportable
    from {{ ref('mart_budget_assumption_month') }}
    group by {{ row_key | join(', ') }}

),

-- the newest month says how it stands
standing as (

    select followed_month.*
    from {{ ref('mart_budget_assumption_month') }} as followed_month
    inner join newest_month
        on followed_month.fiscal_year = newest_month.fiscal_year
        and followed_month.month = newest_month.month_to

),

-- follow-up cost goes with the main courses of its appropriation, as far as it can be said before it falls due
main_provider as (

    select
        appropriation_id,
        min(provider_id) as provider_id
    from {{ ref('int_unit_price__course') }}
    where is_main
        and appropriation_id is not null
    group by appropriation_id

),

rest as (

    select
        year(course_month.month) as fiscal_year,
        course.activity_no,
        coalesce(segment.assumption_provider_kind, provider.provider_kind, 'unknown') as provider_kind,
        coalesce(segment.assumption_target_group, course.target_group) as target_group,
        sum(course_month.planned_dkk) as granted_rest_dkk
    from {{ ref('fct_course_month') }} as course_month
    inner join {{ ref('int_unit_price__course') }} as course
        on course_month.course_id = course.course_id
    left join main_provider
        on course.appropriation_id = main_provider.appropriation_id
        and not course.is_main
    left join {{ ref('dim_provider') }} as provider
        on coalesce(main_provider.provider_id, course.provider_id) = provider.provider_id
    left join {{ ref('int_unit_price__assumption_segment') }} as segment
        on year(course_month.month) = segment.fiscal_year
        and course.activity_no = segment.activity_no
        and coalesce(provider.provider_kind, 'unknown') = segment.provider_kind
        and course.target_group = segment.target_group
    where year(course_month.month) in (select assumption.fiscal_year from {{ ref('int_unit_price__assumption') }} as assumption)
        and last_day(course_month.month) > {{ as_of() }}
        and course_month.planned_dkk <> 0
    group by {{ range(1, 5) | join(', ') }}

),

row_of_year as (

    select {{ row_key | join(', ') }} from {{ ref('int_unit_price__assumption') }}
    union
    select {{ row_key | join(', ') }} from to_date
    union
    select {{ row_key | join(', ') }} from rest

),

compared as (

    select
        row_of_year.*,
        assumption.fiscal_year is not null as is_assumed,
        assumption.assumed_courses,
        assumption.activation_pct,
        assumption.activated_courses,
        assumption.assumed_duration_days,
        assumption.assumed_price_day_dkk,
        assumption.assumed_unit_price_day,
        assumption.assumed_cost_dkk,
        newest_month.month_to,
        newest_month.days_to_date,
        to_date.* exclude ({{ row_key | join(', ') }}, assumed_month_cost_dkk, calculated_month_cost_dkk),
        -- of a month that is over nobody has assumed anything where no assumption is
        case when newest_month.month_to is not null then coalesce(to_date.assumed_month_cost_dkk, 0) end
            as cost_base_dkk,
        to_date.calculated_month_cost_dkk as calculated_base_dkk,
        {{ divide(
            'assumption.assumed_days * newest_month.days_to_date',
            'dayofyear(make_date(row_of_year.fiscal_year, 12, 31))',
            4
        ) }} as course_days_base,
        rest.granted_rest_dkk,
        coalesce(course_days_base > 0 and to_date.course_days > 0, false) as is_compared
    from row_of_year
    left join {{ ref('int_unit_price__assumption') }} as assumption
        on {{ equal_columns('row_of_year', 'assumption', row_key) }}
    left join newest_month
        on row_of_year.fiscal_year = newest_month.fiscal_year
    left join to_date
        on {{ equal_columns('row_of_year', 'to_date', row_key) }}
    left join rest
        on {{ equal_columns('row_of_year', 'rest', row_key) }}

),

counted as (

    select
        *,
        -- a course has no more days to date than there are
        {{ divide(
            'course_days_base',
            'case when assumed_duration_days > 0 then least(assumed_duration_days, days_to_date) end',
            4
        ) }} as courses_base,
        -- of those whose number is known on both sides
        is_compared and courses_base > 0 and first_in_year_courses > 0 as has_number
    from compared

),

totalled as (

    select
        *,
        {%- for column, total in [('courses_base', 'courses_base_total'), ('first_in_year_courses', 'courses_total')] %}
        cast(
            sum({{ column }}) filter (where has_number) over (partition by fiscal_year) as decimal(20, 4)
        ) as {{ total }}{{ ',' if not loop.last }}
        {%- endfor %}
    from counted

),

-- the assumed cost as it would be with the year's number of all, its own number, its own days
as_if as (

    select
        *,
        {{ divide('calculated_base_dkk * courses_total', 'courses_base_total', 6, digits=28) }} as with_all,
        {{ divide('calculated_base_dkk * first_in_year_courses', 'courses_base', 6, digits=28) }} as with_number,
        {{ divide('calculated_base_dkk * course_days', 'course_days_base', 6, digits=28) }} as with_days
    from totalled

),

exact as (

    select
        *,
        with_days - calculated_base_dkk as volume_exact,
        cost_dkk - with_days as price_exact,
        calculated_base_dkk - cost_base_dkk as calculation_exact,
        case when has_number then with_all - calculated_base_dkk end as number_exact,
        case when has_number then with_number - with_all end as mix_exact,
        case when has_number then with_days - with_number end as duration_exact
    from as_if

),

main_effect as (

    select
        *,
        {%- for part in main_parts %}
        case when is_compared then {{ largest_remainder(part, main_parts, 'cost_dkk - cost_base_dkk') }} end as {{ part }},
        {%- endfor %}
        case when not is_compared then coalesce(cost_dkk, 0) - cost_base_dkk end as not_compared
    from exact

),

final as (

    select
        *,
        {%- for part in volume_parts %}
        case when has_number then {{ largest_remainder(part, volume_parts, 'volume') }} end as {{ part }}{{ ',' if not loop.last }}
        {%- endfor %}
    from main_effect

)

select
    {{ as_of() }} as as_of,
    cast(final.fiscal_year as integer) as fiscal_year,
    final.activity_no,
    final.provider_kind,
    final.target_group,
    final.is_assumed,
    case
        when final.month_to is null then 'not_begun'
        when not final.is_assumed then 'not_assumed'
        when final.is_compared then 'compared'
        when final.activated_courses is null then 'money_only'
        when final.course_days > 0 then 'none_assumed'
        else 'not_used'
    end as assumption_status,
    final.month_to,
    final.assumed_courses,
    final.activation_pct,
    final.activated_courses,
    final.assumed_duration_days,
    final.assumed_price_day_dkk,
    final.assumed_unit_price_day,
    cast(final.assumed_cost_dkk as decimal(18, 2)) as assumed_cost_dkk,
    final.course_days_base,
    cast(case when final.month_to is not null then coalesce(final.course_days, 0) end as bigint) as course_days,
    final.courses_base,
    cast(case when final.month_to is not null then coalesce(final.first_in_year_courses, 0) end as bigint) as courses,
    {{ divide('final.course_days', 'final.days_to_date', 4) }} as average_courses,
    {{ divide('final.course_days', 'final.first_in_year_courses', 10) }} as days_per_course,
    {{ divide('final.cost_dkk', 'final.course_days', 8, digits=28) }} as unit_price_day,
    cast(final.cost_base_dkk as decimal(18, 2)) as cost_base_dkk,
    cast(case when final.month_to is not null then coalesce(final.cost_dkk, 0) end as decimal(18, 2)) as cost_dkk,
    cast(case when final.month_to is not null then coalesce(final.cost_posted_dkk, 0) end as decimal(18, 2))
        as cost_posted_dkk,
    cast(
        case when final.month_to is not null then coalesce(final.cost_dkk, 0) - final.cost_base_dkk end as decimal(18, 2)
    ) as change_dkk,
    {{ divide(
        '(coalesce(final.cost_dkk, 0) - final.cost_base_dkk) * 100',
        'case when final.cost_base_dkk > 0 then final.cost_base_dkk end'
    ) }} as change_pct,
    {%- for part in volume_parts + main_parts %}
    cast(final.{{ part }} as decimal(18, 2)) as {{ part }}_effect,
    {%- endfor %}
    cast(final.not_compared as decimal(18, 2)) as not_compared_effect,
    cast(case
        when final.month_to is not null or final.granted_rest_dkk is not null then coalesce(final.granted_rest_dkk, 0)
    end as decimal(18, 2)) as granted_rest_dkk,
    cast(case
        when final.month_to is not null or final.granted_rest_dkk is not null
            then coalesce(final.cost_dkk, 0) + coalesce(final.granted_rest_dkk, 0)
    end as decimal(18, 2)) as expected_cost_dkk,
    {%- for measure in ['number', 'price', 'duration', 'cost'] %}
    standing.{{ measure }}_deviation_pct,
    {%- endfor %}
    standing.threshold_pct,
    standing.months_over,
    standing.is_reportable,
    final.was_reportable,
    standing.team_id,
    standing.report_by_da,
    standing.report_to_da

from final

left join standing
    on {{ equal_columns('final', 'standing', row_key) }}
