-- What a decision costs here and saves there, as the departments have agreed on it; and what the courses that it pays for
-- cost in fact. The newest delivery is the whole register.
with

run as (

    select * from {{ ref('stg_control__run') }}

),

consequence as (

    select
        *,
        list_distinct(regexp_split_to_array(course_ids, '[ ,]+')) as courses
    from {{ ref('stg_plan__decision_consequence') }}
    -- a delivery is the whole register
    qualify rank() over (order by extract_date desc) = 1

),

frame as (

    select distinct frame_id
    from {{ ref('stg_reference__frame') }}
    where not is_fallback

),

named as (

    select
        decision_no,
        department_da,
        fiscal_year,
        unnest(courses) as course_id
    from consequence
    where courses is not null

),

-- posted is what it cost to date; accrued and committed are still to come this year, the full year's plan is next year's
course_year as (

    select
        course_id,
        fiscal_year,
        sum(posted_dkk) as actual_dkk,
        sum(accrued_unposted + committed_remaining + full_year_effect) as committed_dkk
    from {{ ref('mart_commitments') }}
    group by course_id, fiscal_year

),

reconciled as (

    select
        named.decision_no,
        named.department_da,
        named.fiscal_year,
        count(*) as named_courses,
        count(*) filter (where course.course_id is null) as unknown_courses,
        coalesce(sum(course_year.actual_dkk), 0) as actual_dkk,
        coalesce(sum(course_year.committed_dkk), 0) as committed_dkk
    from named
    left join {{ ref('dim_course') }} as course
        on named.course_id = course.course_id
    left join course_year
        on named.course_id = course_year.course_id
        and named.fiscal_year = course_year.fiscal_year
    group by named.decision_no, named.department_da, named.fiscal_year

),

-- nobody has planned courses beyond next year; a course that nobody knows costs something unknown
weighed as (

    select
        run.as_of,
        consequence.decision_no,
        consequence.decision_title_da,
        consequence.decided_on,
        consequence.department_da,
        consequence.frame_id,
        consequence.account_id,
        consequence.fiscal_year,
        consequence.probability_pct,
        frame.frame_id is not null as is_own_frame,
        consequence.effect_dkk,
        {{ divide('consequence.effect_dkk * consequence.probability_pct', '100') }} as expected_dkk,
        reconciled.named_courses,
        reconciled.unknown_courses,
        reconciled.unknown_courses < reconciled.named_courses
        and consequence.fiscal_year <= year(run.as_of) + 1 as is_reconciled,
        reconciled.actual_dkk,
        reconciled.committed_dkk
    from consequence
    cross join run
    left join frame
        on consequence.frame_id = frame.frame_id
    left join reconciled
        on consequence.decision_no = reconciled.decision_no
        and consequence.department_da = reconciled.department_da
        and consequence.fiscal_year = reconciled.fiscal_year

),

final as (

    select
        * exclude (actual_dkk, committed_dkk),
        case when is_reconciled then actual_dkk end as courses_actual_dkk,
        case when is_reconciled then committed_dkk end as courses_committed_dkk,
        courses_actual_dkk + courses_committed_dkk as courses_cost_dkk
    from weighed

)

select
    as_of,
    decision_no,
    decision_title_da,
    decided_on,
    department_da,
    frame_id,
    is_own_frame,
    account_id,
    cast(fiscal_year as integer) as fiscal_year,
    cast(probability_pct as decimal(18, 2)) as probability_pct,
    cast(effect_dkk as decimal(18, 2)) as effect_dkk,
    cast(expected_dkk as decimal(18, 2)) as expected_dkk,
    {%- for name, counted in [('own', 'is_own_frame'), ('others', 'not is_own_frame'), ('net', 'true')] %}
    {%- for column in ['effect', 'expected'] %}
    cast(coalesce(sum({{ column }}_dkk) filter (where {{ counted }}) over decision_year, 0) as decimal(18, 2))
        as {{ name }}_{{ column }}_dkk,
    {%- endfor %}
    {%- endfor %}
    cast(named_courses as integer) as named_courses,
    cast(unknown_courses as integer) as unknown_courses,
    cast(courses_actual_dkk as decimal(18, 2)) as courses_actual_dkk,
    cast(courses_committed_dkk as decimal(18, 2)) as courses_committed_dkk,
    cast(courses_cost_dkk as decimal(18, 2)) as courses_cost_dkk,
    cast(courses_cost_dkk - effect_dkk as decimal(18, 2)) as cost_beyond_dkk,
    -- what is expected, with what courses cost in its place where they tell it
    cast(sum(coalesce(courses_cost_dkk, expected_dkk)) over decision_year as decimal(18, 2)) as net_reconciled_dkk

from final

window decision_year as (partition by decision_no, fiscal_year)
