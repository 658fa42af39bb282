-- The team that uses an assumption most: the one with most course days in the year's months that are over, of several the
-- first by name. It is its leader who can say why number, duration or price is another.
with

team_day as (

    select
        segment.fiscal_year,
        segment.activity_no,
        segment.assumption_provider_kind as provider_kind,
        segment.assumption_target_group as target_group,
        dim_course.team_id,
        sum(course_month.course_days) as course_days
    from {{ ref('fct_course_month') }} as course_month
    inner join {{ ref('int_unit_price__course') }} as course
        on course_month.course_id = course.course_id
        and course.is_counted
    inner join {{ ref('dim_course') }} as dim_course
        on course.course_id = dim_course.course_id
        and dim_course.team_id is not null
    left join {{ ref('dim_provider') }} as provider
        on course.provider_id = provider.provider_id
    inner join {{ ref('int_unit_price__assumption_segment') }} as segment
        on year(course_month.month) = segment.fiscal_year
        and course.activity_no = segment.activity_no
        and coalesce(provider.provider_kind, 'unknown') = segment.provider_kind
        and course.target_group = segment.target_group
    where last_day(course_month.month) <= {{ as_of() }}
        and course_month.course_days > 0
    group by {{ range(1, 6) | join(', ') }}

)

select
    fiscal_year,
    activity_no,
    provider_kind,
    target_group,
    team_id
from team_day
qualify row_number() over (
    partition by fiscal_year, activity_no, provider_kind, target_group order by course_days desc, team_id
) = 1
