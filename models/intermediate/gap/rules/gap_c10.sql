-- C10: two granted placements (main courses) of one child overlap. Over some months (escalation) it is an error. The
-- same placement entered twice is C11. One gap a pair, told by the one that began first: it is the one to end.
with

{{ gap_rule('C10') }},

overlap as (

    select course_overlap.*
    from {{ ref('int_bos__course_overlap') }} as course_overlap
    inner join {{ ref('dim_section') }} as section
        on course_overlap.section_id = section.section_id
        and section.is_placement
    inner join {{ ref('dim_section') }} as other_section
        on course_overlap.other_section_id = other_section.section_id
        and other_section.is_placement
    where not (course_overlap.is_alike and course_overlap.is_same_start)

),

-- what the later one is planned to cost in the days of both
{{ planned_of(
    'overlap', 'flagged.overlap_from', 'flagged.overlap_until',
    keys=['course_id', 'other_course_id'], course_id='other_course_id'
) }}

select
    rule.rule_id,
    {{ pair_key('overlap') }} as business_key,
    case
        when overlap.overlap_days > rule.escalation_days then rule.severity_escalated else rule.severity
    end as severity,
    course.course_id,
    cast(null as varchar) as posting_id,
    course.account_id,
    course.team_id,
    course.provider_id,
    cast(null as varchar) as document_no,
    coalesce(planned.amount_dkk, 0) as amount_dkk,
    overlap.overlap_from as occurred_on,
    'Anbringelsen overlapper forløb ' || overlap.other_course_id || ' i ' || overlap.overlap_days || ' dage ('
        || {{ date_da('overlap.overlap_from') }} || ' - ' || {{ date_da('overlap.overlap_until') }} || ').' as text_da

from overlap

inner join {{ ref('dim_course') }} as course
    on overlap.course_id = course.course_id

cross join rule

left join planned
    on overlap.course_id = planned.course_id
    and overlap.other_course_id = planned.other_course_id

where overlap.overlap_days > rule.threshold_days
