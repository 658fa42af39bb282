-- Pairs of main courses that a child should have one of at a time, month by month, to the end of the year: the days of
-- both and what each is planned to cost on them. Where three run at once, a day is in three pairs, but counts as a day
-- of the child in the pair of the two dearest only (child_days), and a course is doubled in the pair with the dearest
-- only (doubled_days). Private: with the child's key.
{%- set first_on = "date '" ~ var('calendar_first_on', '2015-01-01') ~ "'" %}
with

run as (

    select
        as_of,
        make_date(year(as_of), 12, 31) as year_end
    from {{ ref('stg_control__run') }}

),

{{ gap_rule('C11') }},

pair as (

    select
        overlap.course_id,
        overlap.other_course_id,
        case when section.exclusive_group = other_section.exclusive_group then section.exclusive_group end as exclusive_group,
        coalesce(section.exclusive_group, overlap.section_id || ' ' || overlap.activity_no) as measure
    from {{ ref('int_bos__course_overlap') }} as overlap
    cross join rule
    left join {{ ref('dim_section') }} as section
        on overlap.section_id = section.section_id
    left join {{ ref('dim_section') }} as other_section
        on overlap.other_section_id = other_section.section_id
    where section.exclusive_group = other_section.exclusive_group
        or (
            overlap.section_id = overlap.other_section_id
            and overlap.activity_no = overlap.other_activity_no
            and overlap.overlap_days >= rule.threshold_days
        )

),

member as (

    select course_id from pair

    union

    select other_course_id as course_id from pair

),

span as (

    select
        span.course_id,
        greatest(span.start_on, {{ first_on }}) as start_on,
        least(span.end_on, run.year_end) as end_on
    from {{ ref('int_bos__course_span') }} as span
    semi join member
        on span.course_id = member.course_id
    cross join run

),

span_month as (

    select
        *,
        {{ months_between('start_on', 'end_on') }} as month
    from span

),

-- what a month of a course costs, on the days that it has in it
course_month as (

    select
        days.course_id,
        days.month,
        days.course_days,
        coalesce(course_month.planned_dkk, 0) as planned_dkk
    from (
        select
            course_id,
            month,
            sum(least(end_on, last_day(month)) - greatest(start_on, month) + 1) as course_days
        from span_month
        group by course_id, month
    ) as days
    left join {{ ref('fct_course_month') }} as course_month
        on days.course_id = course_month.course_id
        and days.month = course_month.month

),

-- the dearest course first, by the cost of a day over the months that have any; of equals the one that began first
ranked as (

    select
        member.course_id,
        row_number() over (
            order by priced.price_day desc nulls last, course.start_on, member.course_id
        ) as price_rank
    from member
    inner join {{ ref('dim_course') }} as course
        on member.course_id = course.course_id
    left join (
        select
            course_id,
            {{ divide('sum(planned_dkk)', 'sum(course_days)', 8, digits=28) }} as price_day
        from course_month
        where planned_dkk <> 0
        group by course_id
    ) as priced
        on member.course_id = priced.course_id

),

shared_interval as (

    select
        pair.*,
        overlap_interval.child_key,
        least(ranked.price_rank, other_ranked.price_rank) as dearer_rank,
        greatest(ranked.price_rank, other_ranked.price_rank) as cheaper_rank,
        case when ranked.price_rank > other_ranked.price_rank then pair.course_id else pair.other_course_id end as doubled_course_id,
        greatest(overlap_interval.from_on, {{ first_on }}) as from_on,
        least(overlap_interval.until_on, run.year_end) as until_on
    from pair
    cross join run
    inner join {{ ref('int_bos__course_overlap_interval') }} as overlap_interval
        on pair.course_id = overlap_interval.course_id
        and pair.other_course_id = overlap_interval.other_course_id
    inner join ranked
        on pair.course_id = ranked.course_id
    inner join ranked as other_ranked
        on pair.other_course_id = other_ranked.course_id

),

unnested as (

    select
        *,
        {{ months_between('from_on', 'until_on') }} as month
    from shared_interval

),

both_month as (

    select * replace (
        greatest(from_on, month) as from_on,
        least(until_on, last_day(month)) as until_on
    )
    from unnested

),

-- a child's month is cut wherever a pair begins or ends, and after the as-of date
cut as (

    select
        child_key,
        measure,
        month,
        from_on as cut_on
    from both_month

    union

    select
        child_key,
        measure,
        month,
        until_on + 1 as cut_on
    from both_month

    union

    select
        both_month.child_key,
        both_month.measure,
        both_month.month,
        run.as_of + 1 as cut_on
    from both_month
    inner join run
        on run.as_of >= both_month.from_on
        and run.as_of < both_month.until_on

),

stretch as (

    select
        *,
        lead(cut_on) over (partition by child_key, measure, month order by cut_on) - 1 as cut_until
    from cut

),

covered as (

    select
        both_month.*,
        stretch.cut_on <= run.as_of as is_to_date,
        stretch.cut_until - stretch.cut_on + 1 as stretch_days,
        both_month.dearer_rank = min(both_month.dearer_rank) over at_once as is_with_dearest,
        row_number() over (at_once order by both_month.dearer_rank, both_month.cheaper_rank) = 1 as is_two_dearest
    from stretch
    cross join run
    inner join both_month
        on stretch.child_key = both_month.child_key
        and stretch.measure = both_month.measure
        and stretch.month = both_month.month
        and stretch.cut_on >= both_month.from_on
        and stretch.cut_until <= both_month.until_on
    window at_once as (partition by stretch.child_key, stretch.measure, stretch.month, stretch.cut_on)

),

counted as (

    select
        course_id,
        other_course_id,
        doubled_course_id,
        exclusive_group,
        child_key,
        month,
        {%- for name, condition in {'overlap': 'true', 'doubled': 'is_with_dearest', 'child': 'is_two_dearest'}.items() %}
        coalesce(sum(stretch_days) filter (where {{ condition }} and is_to_date), 0) as {{ name }}_days,
        coalesce(sum(stretch_days) filter (where {{ condition }} and not is_to_date), 0) as {{ name }}_rest_days{{ ',' if not loop.last }}
        {%- endfor %}
    from covered
    group by course_id, other_course_id, doubled_course_id, exclusive_group, child_key, month

)

select
    counted.course_id,
    counted.other_course_id,
    counted.child_key,
    counted.month,
    counted.exclusive_group,
    counted.doubled_course_id,
    cast(counted.overlap_days as bigint) as overlap_days,
    cast(counted.child_days as bigint) as child_days,
    {%- for name, course in {'cost': 'course_month', 'other_cost': 'other_month'}.items() %}
    {{ split_part(course ~ '.planned_dkk', '0', 'counted.overlap_days', course ~ '.course_days') }} as {{ name }}_dkk,
    {%- endfor %}
    {{ split_part('doubled.planned_dkk', '0', 'counted.doubled_days', 'doubled.course_days') }} as doubled_dkk,
    {{ split_part(
        'doubled.planned_dkk',
        'counted.doubled_days',
        '(counted.doubled_days + counted.doubled_rest_days)',
        'doubled.course_days'
    ) }} as doubled_rest_dkk

from counted

inner join course_month
    on counted.course_id = course_month.course_id
    and counted.month = course_month.month

inner join course_month as other_month
    on counted.other_course_id = other_month.course_id
    and counted.month = other_month.month

inner join course_month as doubled
    on counted.doubled_course_id = doubled.course_id
    and counted.month = doubled.month
