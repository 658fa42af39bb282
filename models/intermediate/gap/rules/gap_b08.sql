-- B08: a granted course lacks the grant's date, level or user. One gap a course.
with

{{ gap_rule('B08') }},

course as (

    select *
    from {{ ref('int_bos__course') }} as course
    where {{ is_running_commitment('course') }}
        and (course.granted_on is null or course.approval_level is null or course.approval_user_id is null)

),

{{ planned_of('course', start_of_year(), as_of()) }}

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
    coalesce(planned.amount_dkk, 0) as amount_dkk,
    course.start_on as occurred_on,
    'Bevillingen mangler ' || concat_ws(
        ', ',
        case when course.granted_on is null then 'dato' end,
        case when course.approval_level is null then 'niveau' end,
        case when course.approval_user_id is null then 'bruger' end
    ) || '.' as text_da

from course

cross join rule

left join planned
    on course.course_id = planned.course_id
