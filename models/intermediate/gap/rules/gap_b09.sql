-- B09: what is still to be paid under a grant is more than its level may grant: the payments of the next days
-- (threshold: a year), so that an open-ended course weighs the same in every delivery. A level without a ceiling may
-- grant everything. One gap a course.
with

{{ gap_rule('B09') }},

course as (

    select
        course.*,
        approval_level.ceiling_dkk
    from {{ ref('dim_course') }} as course
    inner join {{ ref('stg_reference__approval_level') }} as approval_level
        on course.approval_level = approval_level.approval_level
        and approval_level.ceiling_dkk is not null
    where {{ is_running_commitment('course') }}

),

{{ planned_of('course', as_of() ~ ' + 1', as_of() ~ ' + (select rule.threshold_days from rule)') }}

select
    rule.rule_id,
    course.course_id as business_key,
    rule.severity,
    course.course_id,
    cast(null as varchar) as posting_id,
    course.account_id,
    course.team_id,
    course.provider_id,
    cast(null as varchar) as document_no,
    planned.amount_dkk,
    course.granted_on as occurred_on,
    'Bevilget på niveauet "' || course.approval_level || '", der går til ' || {{ dkk_da('course.ceiling_dkk') }}
        || '; planlagt de næste ' || rule.threshold_days || ' dage: ' || {{ dkk_da('planned.amount_dkk') }} as text_da

from course

cross join rule

inner join planned
    on course.course_id = planned.course_id

where planned.amount_dkk > course.ceiling_dkk
