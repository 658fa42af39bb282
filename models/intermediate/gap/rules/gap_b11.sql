-- B11: a granted activity that earlier deliveries had is gone from the newest, and neither an end date nor a course
-- that continues it explains that (int_bos__lost_activity). One gap a course and start.
with

{{ gap_rule('B11') }}

select
    rule.rule_id,
    lost.course_id || '|' || strftime(lost.from_on, '%Y-%m-%d') as business_key,
    rule.severity,
    lost.course_id,
    cast(null as varchar) as posting_id,
    course.account_id,
    course.team_id,
    course.provider_id,
    cast(null as varchar) as document_no,
    lost.due_dkk as amount_dkk,
    lost.from_on as occurred_on,
    'Bevilget aktivitet fra ' || {{ date_da('lost.from_on') }} || coalesce(' til ' || {{ date_da('lost.end_on') }}, '')
        || ' var sidst med i leverancen ' || {{ date_da('lost.last_seen_on') }} || ' og er forsvundet; planlagt til da: '
        || {{ dkk_da('lost.due_dkk') }} as text_da

from {{ ref('int_bos__lost_activity') }} as lost

inner join {{ ref('dim_course') }} as course
    on lost.course_id = course.course_id

cross join rule
