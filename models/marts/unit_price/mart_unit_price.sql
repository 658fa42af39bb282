-- What a day, a unit and a year of a measure cost, month by month. Follow-up cost goes with the main courses of its
-- appropriation; what has none stands in rows of its own, so that the cost of a month is all of its cost. What others
-- pay (income) lowers the net cost of the courses that it names; the rest of it stands in rows of its own, too.
{%- set segment = ['section_id', 'activity_no', 'provider_id', 'target_group'] %}
{%- set row_key = ['month'] + segment %}
{%- set money = ['planned_dkk', 'planned_income_dkk', 'paid_dkk', 'posted_dkk', 'on_hold_dkk'] %}
{%- set payers = ['inter_municipal', 'refund', 'parents'] %}
with

-- rows of which there are many and that are looked at several times: what their course is like stands with `priced`
course_month as (

    select
        course_month.month,
        course_month.course_id,
        course.appropriation_id,
        course.is_main,
        case when course.is_counted then course_month.course_days else 0 end as course_days,
        course_month.units,
        course_month.planned_by_unit_dkk,
        course_month.planned_dkk,
        course_month.planned_income_dkk,
        course_month.paid_planned_dkk as paid_dkk,
        course_month.posted_planned_dkk as posted_dkk,
        coalesce(on_hold.on_hold_dkk, 0) as on_hold_dkk
    from {{ ref('fct_course_month') }} as course_month
    inner join {{ ref('int_unit_price__course') }} as course
        on course_month.course_id = course.course_id
    left join {{ ref('int_unit_price__on_hold') }} as on_hold
        on course_month.course_id = on_hold.course_id
        and course_month.month = on_hold.month
    where last_day(course_month.month) <= {{ as_of() }}

),

first_month_of_year as (

    select
        course_id,
        min(month) as month
    from course_month
    where course_days > 0
    group by course_id, year(month)

),

-- the main courses of an appropriation one after the other: its follow-up cost is split over their days
active_main as (

    select
        course_id,
        appropriation_id,
        month,
        sum(course_days) over (partition by appropriation_id, month) as days_in_all,
        sum(course_days) over (
            partition by appropriation_id, month
            order by course_id
            rows between unbounded preceding and current row
        ) as days_through,
        days_through - course_days as days_before
    from course_month
    where course_days > 0

),

follow_up as (

    select
        appropriation_id,
        month,
        {%- for column in money %}
        sum({{ column }}) as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from course_month
    where not is_main
    group by appropriation_id, month

),

attached as (

    select
        active_main.course_id,
        active_main.month,
        {%- for column in money %}
        {{ split_part('follow_up.' ~ column, 'days_before', 'days_through', 'days_in_all') }} as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from active_main
    inner join follow_up
        on active_main.appropriation_id = follow_up.appropriation_id
        and active_main.month = follow_up.month

),

unattached as (

    select course_month.*
    from course_month
    anti join active_main
        on course_month.appropriation_id = active_main.appropriation_id
        and course_month.month = active_main.month
    where not course_month.is_main

),

income as (

    select
        income.month,
        income.course_id,
        not coalesce(course.is_main, false) as is_unattached,
        {%- for column in segment %}
        coalesce(course.{{ column }}, 'Ukendt') as {{ column }},
        {%- endfor %}
        {%- for payer in payers %}
        income.{{ payer }}_dkk{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('int_unit_price__income') }} as income
    left join {{ ref('int_unit_price__course') }} as course
        on income.course_id = course.course_id
    where last_day(income.month) <= {{ as_of() }}

),

member as (

    select
        course_month.*,
        false as is_unattached,
        {%- for column in money %}
        attached.{{ column }} as suppl_{{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from course_month
    left join attached
        on course_month.course_id = attached.course_id
        and course_month.month = attached.month
    where course_month.is_main

    union all by name

    select
        month,
        course_id,
        course_days,
        true as is_unattached,
        {%- for column in money %}
        {{ column }} as suppl_{{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from unattached

),

priced as (

    select
        member.* exclude (appropriation_id, is_main),
        first_month_of_year.month is not null as is_first_in_year,
        course.is_internal,
        course.started_on,
        course.ended_on,
        course.duration_days,
        {%- for column in segment %}
        course.{{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from member
    inner join {{ ref('int_unit_price__course') }} as course
        on member.course_id = course.course_id
    left join first_month_of_year
        on member.course_id = first_month_of_year.course_id
        and member.month = first_month_of_year.month

    union all by name

    select * from income

),

summed as (

    select
        {{ row_key | join(', ') }},
        is_unattached,
        count(*) filter (where course_days > 0) as active_courses,
        count(*) filter (where course_days > 0 and is_first_in_year) as first_in_year_courses,
        count(*) filter (where course_days > 0 and started_on >= month) as new_courses,
        count(*) filter (where course_days > 0 and ended_on <= last_day(month)) as ended_courses,
        sum(duration_days) filter (where course_days > 0 and ended_on <= last_day(month)) as ended_duration_days,
        coalesce(sum(course_days), 0) as course_days,
        sum(units) as units,
        coalesce(sum(planned_by_unit_dkk), 0) as cost_by_unit_dkk,
        coalesce(sum(planned_dkk), 0) as cost_main_dkk,
        coalesce(sum(planned_dkk) filter (where is_internal), 0) as cost_internal_dkk,
        coalesce(sum(suppl_planned_dkk), 0) as cost_suppl_dkk,
        cost_main_dkk + cost_suppl_dkk as cost_total_dkk,
        coalesce(sum(paid_dkk), 0) + coalesce(sum(suppl_paid_dkk), 0) as cost_paid_dkk,
        coalesce(sum(posted_dkk), 0) + coalesce(sum(suppl_posted_dkk), 0) as cost_posted_dkk,
        coalesce(sum(planned_income_dkk), 0) + coalesce(sum(suppl_planned_income_dkk), 0) as cost_contribution_dkk,
        coalesce(sum(on_hold_dkk), 0) + coalesce(sum(suppl_on_hold_dkk), 0) as cost_on_hold_dkk,
        coalesce(sum(course_days) filter (where on_hold_dkk <> 0), 0) as course_days_on_hold,
        {%- for payer in payers %}
        coalesce(sum({{ payer }}_dkk), 0) as {{ payer }}_dkk{{ ',' if not loop.last }}
        {%- endfor %}
    from priced
    where course_days > 0
        {%- for payer in payers %}
        or {{ payer }}_dkk <> 0
        {%- endfor %}
        {%- for column in money %}
        or {{ column }} <> 0
        or suppl_{{ column }} <> 0
        {%- endfor %}
    group by {{ row_key | join(', ') }}, is_unattached

),

child_day as (

    select
        {{ row_key | join(', ') }},
        sum(end_on - start_on + 1) as child_days
    from {{ ref('int_unit_price__child_interval') }}
    group by {{ row_key | join(', ') }}

),

-- months before the first report have the days of the courses that were still running then, and no money
coverage as (

    select {{ covered_from() }} as covered_from

),

-- what was never posted is not known: no municipality may owe anything, or nobody books it here
income_present as (

    select
        {%- for payer in payers %}
        bool_or({{ payer }}_dkk <> 0) as has_{{ payer }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('int_unit_price__income') }}

),

final as (

    select
        summed.*,
        {%- for column in ['course_days', 'first_in_year_courses'] %}
        sum(summed.{{ column }}) over (
            partition by
                {%- for key in segment %}
                summed.{{ key }},
                {%- endfor %}
                summed.is_unattached,
                year(summed.month)
            order by summed.month
        ) as {{ column }}_to_date,
        {%- endfor %}
        {%- for payer in payers %}
        case when income_present.has_{{ payer }} then summed.{{ payer }}_dkk end as income_{{ payer }}_dkk,
        {%- endfor %}
        case
            when income_present.has_{{ payers | join(' or income_present.has_') }}
                then summed.cost_total_dkk
                {%- for payer in payers %}
                + summed.{{ payer }}_dkk
                {%- endfor %}
        end as cost_net_dkk,
        occupancy.occupancy_pct,
        coalesce(child_day.child_days, 0) as child_days,
        dayofyear(make_date(year(summed.month), 12, 31)) as days_in_year,
        summed.month >= coverage.covered_from as is_covered,
        case when summed.month >= coverage.covered_from then summed.course_days end as priced_days,
        priced_days - summed.course_days_on_hold as plausible_days
    from summed
    cross join coverage
    cross join income_present
    left join {{ ref('mart_occupancy') }} as occupancy
        on summed.month = occupancy.month
        and summed.provider_id = occupancy.provider_id
    left join child_day
        on not summed.is_unattached
        {%- for column in row_key %}
        and summed.{{ column }} = child_day.{{ column }}
        {%- endfor %}

)

select
    {{ row_key | join(',\n    ') }},
    is_unattached,
    is_covered,
    active_courses,
    first_in_year_courses,
    new_courses,
    ended_courses,
    cast(course_days as bigint) as course_days,
    {{ divide('course_days', 'days_in_year', 6) }} as full_year_equivalents,
    cast(child_days as bigint) as child_days,
    cast(units as decimal(18, 4)) as units,
    {%- for column in [
        'cost_main_dkk', 'cost_internal_dkk', 'cost_by_unit_dkk', 'cost_suppl_dkk', 'cost_total_dkk', 'cost_paid_dkk',
        'cost_posted_dkk', 'cost_contribution_dkk', 'cost_on_hold_dkk', 'income_inter_municipal_dkk', 'income_refund_dkk',
        'income_parents_dkk', 'cost_net_dkk'
    ] %}
    cast({{ column }} as decimal(18, 2)) as {{ column }},
    {%- endfor %}
    cast(course_days_on_hold as bigint) as course_days_on_hold,
    {{ divide('course_days', 'active_courses', 10) }} as days_per_course,
    {{ divide('cost_total_dkk', 'priced_days', 8, digits=28) }} as unit_price_day,
    {{ divide('cost_paid_dkk', 'priced_days', 8, digits=28) }} as unit_price_day_paid,
    {{ divide('cost_posted_dkk', 'priced_days', 8, digits=28) }} as unit_price_day_posted,
    {{ divide('cost_net_dkk', 'priced_days', 8, digits=28) }} as unit_price_day_net,
    {{ divide('cost_total_dkk - cost_on_hold_dkk', 'plausible_days', 8, digits=28) }} as unit_price_day_without_hold,
    {{ divide('units', 'active_courses', 10, digits=28) }} as units_per_course,
    {{ divide('cost_by_unit_dkk', 'units', 8, digits=28) }} as price_per_unit,
    {{ divide('cost_total_dkk * days_in_year', 'priced_days') }} as unit_price_year,
    cast(coalesce(ended_duration_days, 0) as bigint) as ended_duration_days,
    {{ divide('ended_duration_days', 'ended_courses') }} as avg_duration_days,
    {{ divide('course_days_to_date', 'first_in_year_courses_to_date') }} as avg_duration_in_year_days,
    occupancy_pct
from final
