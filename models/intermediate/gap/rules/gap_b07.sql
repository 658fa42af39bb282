-- B07: a course that the previous month-end delivery did not have as granted was first granted after its start; over
-- some days (escalation) it is an error. The report tells only the last grant: the first delivery that has the course
-- granted is nearest the first, and what the first delivery of all brought cannot be told. One event a course.
with

{{ gap_rule('B07') }},

granted_late as (

    select
        course.*,
        course.first_granted_on - course.start_on as late_days
    from {{ ref('dim_course') }} as course
    inner join {{ ref('int_bos__compared_delivery') }} as compared
        on course.source_system = compared.source_system
        and course.first_seen_granted_on > compared.previous_on
        and course.first_granted_on > course.start_on

),

-- what was planned before anybody had granted it
{{ planned_of('granted_late', 'flagged.start_on', 'flagged.first_granted_on - 1') }}

select
    rule.rule_id,
    granted_late.course_id as business_key,
    case
        when granted_late.late_days > rule.escalation_days then rule.severity_escalated else rule.severity
    end as severity,
    granted_late.course_id,
    cast(null as varchar) as posting_id,
    granted_late.account_id,
    granted_late.team_id,
    granted_late.provider_id,
    cast(null as varchar) as document_no,
    coalesce(planned.amount_dkk, 0) as amount_dkk,
    granted_late.first_granted_on as occurred_on,
    'Forløbet startede ' || {{ date_da('granted_late.start_on') }} || ', men blev først bevilget '
        || {{ date_da('granted_late.first_granted_on') }} || ' (' || granted_late.late_days || ' dage efter start; planlagt imens: '
        || {{ dkk_da('coalesce(planned.amount_dkk, 0)') }} || ').' as text_da

from granted_late

cross join rule

left join planned
    on granted_late.course_id = planned.course_id

where granted_late.late_days > rule.threshold_days
