-- B01: a course began more than some days (threshold) before the previous month-end delivery, which did not have it;
-- over some more (escalation) it is an error. What the first delivery of all brought is backlog, not late. A single
-- payment has no start; an expected adjustment carries an id of its own until it is granted, but is no new course. One
-- event a course.
with

{{ gap_rule('B01') }},

late as (

    select
        course.*,
        compared.previous_on,
        compared.previous_on - course.start_on as late_days
    from {{ ref('int_bos__course') }} as course
    inner join {{ ref('int_bos__compared_delivery') }} as compared
        on course.source_system = compared.source_system
        and course.first_seen_on > compared.previous_on
        and course.start_on < compared.previous_on
    anti join {{ ref('int_bos__course') }} as adjusted
        on course.appropriation_id = adjusted.appropriation_id
        and course.activity_no = adjusted.activity_no
        and course.status = 'EXPECTED'
        and adjusted.first_seen_granted_on <= compared.previous_on

),

{{ planned_of('late', 'flagged.start_on', as_of()) }}

select
    rule.rule_id,
    late.course_id as business_key,
    case when late.late_days > rule.escalation_days then rule.severity_escalated else rule.severity end as severity,
    late.course_id,
    cast(null as varchar) as posting_id,
    late.account_id,
    late.team_id,
    late.provider_id,
    cast(null as varchar) as document_no,
    coalesce(planned.amount_dkk, 0) as amount_dkk,
    late.start_on as occurred_on,
    'Forløbet startede ' || {{ date_da('late.start_on') }} || ', men kom først med i leverancen '
        || {{ date_da('late.first_seen_on') }} || '; leverancen ' || {{ date_da('late.previous_on') }} || ', '
        || late.late_days || ' dage efter start, havde det ikke.' as text_da

from late

cross join rule

left join planned
    on late.course_id = planned.course_id

where late.late_days > rule.threshold_days
