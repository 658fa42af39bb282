-- C12: a child in placement also has respite, a contact person or day treatment (main courses), both running at the
-- as-of date. Often with good reason: a list to review. One gap a pair, told by the course beside the placement; its
-- money is what it is planned to cost in the rest of the year.
with

{{ gap_rule('C12') }},

pair as (

    select
        course_id as placement_course_id,
        section_id as placement_section_id,
        other_course_id as course_id,
        other_section_id as section_id,
        other_activity_no as activity_no,
        overlap_from,
        overlap_until
    from {{ ref('int_bos__course_overlap') }}

    union all

    select
        other_course_id as placement_course_id,
        other_section_id as placement_section_id,
        course_id,
        section_id,
        activity_no,
        overlap_from,
        overlap_until
    from {{ ref('int_bos__course_overlap') }}

),

parallel as (

    select
        pair.*,
        coalesce(activity.review_group, section.review_group) as review_group

    from pair

    inner join {{ ref('dim_section') }} as placement
        on pair.placement_section_id = placement.section_id
        and placement.is_placement

    inner join {{ ref('dim_section') }} as section
        on pair.section_id = section.section_id
        and not section.is_placement

    left join {{ ref('dim_activity') }} as activity
        on pair.activity_no = activity.activity_no

    where pair.overlap_until = {{ as_of() }}

),

{{ planned_of(
    'parallel', as_of() ~ ' + 1', 'make_date(year(' ~ as_of() ~ '), 12, 31)', keys=['course_id', 'placement_course_id']
) }}

select
    rule.rule_id,
    parallel.placement_course_id || '|' || parallel.course_id as business_key,
    rule.severity,
    course.course_id,
    cast(null as varchar) as posting_id,
    course.account_id,
    course.team_id,
    course.provider_id,
    cast(null as varchar) as document_no,
    coalesce(planned.amount_dkk, 0) as amount_dkk,
    parallel.overlap_from as occurred_on,
    case parallel.review_group
        when 'respite' then 'Aflastning'
        when 'contact_person' then 'Kontaktperson'
        when 'day_treatment' then 'Dagbehandling'
    end || ' samtidig med anbringelsen i forløb ' || parallel.placement_course_id || ' siden '
        || {{ date_da('parallel.overlap_from') }} || '; planlagt resten af året: '
        || {{ dkk_da('coalesce(planned.amount_dkk, 0)') }} as text_da

from parallel

inner join {{ ref('dim_course') }} as course
    on parallel.course_id = course.course_id

cross join rule

left join planned
    on parallel.course_id = planned.course_id
    and parallel.placement_course_id = planned.placement_course_id

where parallel.review_group in ('respite', 'contact_person', 'day_treatment')
