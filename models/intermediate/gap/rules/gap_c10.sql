-- C10: two granted placements (main courses) of one child overlap. Days count at both ends, up to the as-of date, no
-- day twice. Over some months (escalation) it is an error. One gap a pair, told by the one that began first: it is the
-- one to end.
with

{{ gap_rule('C10') }},

placement as (

    select
        course.*,
        course_interval.start_on as from_on,
        least(course_interval.end_on, {{ as_of() }}) as until_on

    from {{ ref('int_bos__course') }} as course

    inner join {{ ref('dim_section') }} as section
        on course.section_id = section.section_id
        and section.is_placement

    inner join {{ ref('int_bos__course_interval') }} as course_interval
        on course.course_id = course_interval.course_id

    where {{ is_running_commitment('course') }}
        and course.course_type = 'MAIN'
        and course.child_key is not null

),

overlap as (

    select
        earlier.course_id,
        later.course_id as other_course_id,
        min(greatest(earlier.from_on, later.from_on)) as overlap_from,
        max(least(earlier.until_on, later.until_on)) as overlap_until,
        sum(least(earlier.until_on, later.until_on) - greatest(earlier.from_on, later.from_on) + 1) as overlap_days
    from placement as earlier
    inner join placement as later
        on earlier.child_key = later.child_key
        and (earlier.start_on, earlier.course_id) < (later.start_on, later.course_id)
        and earlier.from_on <= later.until_on
        and later.from_on <= earlier.until_on
    group by earlier.course_id, later.course_id

),

-- what the later one is planned to cost in the days of both
{{ planned_of(
    'overlap', 'flagged.overlap_from', 'flagged.overlap_until',
    keys=['course_id', 'other_course_id'], course_id='other_course_id'
) }}

select
    rule.rule_id,
    least(overlap.course_id, overlap.other_course_id) || '|'
        || greatest(overlap.course_id, overlap.other_course_id) as business_key,
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
