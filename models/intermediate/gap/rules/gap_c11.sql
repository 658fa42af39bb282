-- C11: two granted main courses of one child with the same section and activity overlap at least some days (threshold).
-- Placements are here only where they are alike (same provider or price): two different ones are C10. One gap a pair,
-- told by the one that began first.
with

{{ gap_rule('C11') }},

overlap as (

    select course_overlap.*
    from {{ ref('int_bos__course_overlap') }} as course_overlap
    left join {{ ref('dim_section') }} as section
        on course_overlap.section_id = section.section_id
    where course_overlap.section_id = course_overlap.other_section_id
        and course_overlap.activity_no = course_overlap.other_activity_no
        and (course_overlap.is_alike or not coalesce(section.is_placement, false))

),

-- what the later one is planned to cost in the days of both
{{ planned_of(
    'overlap', 'flagged.overlap_from', 'flagged.overlap_until',
    keys=['course_id', 'other_course_id'], course_id='other_course_id'
) }}

select
    rule.rule_id,
    {{ pair_key('overlap') }} as business_key,
    rule.severity,
    course.course_id,
    cast(null as varchar) as posting_id,
    course.account_id,
    course.team_id,
    course.provider_id,
    cast(null as varchar) as document_no,
    coalesce(planned.amount_dkk, 0) as amount_dkk,
    overlap.overlap_from as occurred_on,
    'Forløb ' || overlap.other_course_id || ' er ' || case
        when overlap.is_alike then 'det samme en gang til' else 'af samme art'
    end || ' og løber samtidig i ' || overlap.overlap_days || ' dage (' || {{ date_da('overlap.overlap_from') }} || ' - '
        || {{ date_da('overlap.overlap_until') }} || ').' as text_da

from overlap

inner join {{ ref('dim_course') }} as course
    on overlap.course_id = course.course_id

cross join rule

left join planned
    on overlap.course_id = planned.course_id
    and overlap.other_course_id = planned.other_course_id

where overlap.overlap_days >= rule.threshold_days
