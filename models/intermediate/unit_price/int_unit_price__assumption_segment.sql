-- Which assumption a segment of courses belongs to in a year: the one that says most of it, its kind of provider before
-- its target group. An assumption that names neither is about all that have none of their own, so that no course and no
-- krone counts in two.
with

segment as (

    select distinct
        course.activity_no,
        coalesce(provider.provider_kind, 'unknown') as provider_kind,
        course.target_group
    from {{ ref('int_unit_price__course') }} as course
    left join {{ ref('dim_provider') }} as provider
        on course.provider_id = provider.provider_id

)

select
    assumption.fiscal_year,
    segment.activity_no,
    segment.provider_kind,
    segment.target_group,
    assumption.provider_kind as assumption_provider_kind,
    assumption.target_group as assumption_target_group
from segment
inner join {{ ref('int_unit_price__assumption') }} as assumption
    on segment.activity_no = assumption.activity_no
    and assumption.provider_kind in (segment.provider_kind, 'all')
    and assumption.target_group in (segment.target_group, 'all')
qualify row_number() over (
    partition by assumption.fiscal_year, segment.activity_no, segment.provider_kind, segment.target_group
    order by
        case when assumption.provider_kind = 'all' then 1 else 0 end,
        case when assumption.target_group = 'all' then 1 else 0 end
) = 1
