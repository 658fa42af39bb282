-- C15: a follow-up course runs on after every main course of its appropriation has ended. A main course that is only
-- expected but has begun carries it meanwhile (that is B05). An appropriation without a main course is not this rule's.
-- One gap a course.
with

{{ gap_rule('C15') }},

main_course as (

    select
        appropriation_id,
        bool_and(end_on is not null) as is_all_with_end,
        max(end_on) as last_end_on
    from {{ ref('int_bos__course') }}
    where course_type = 'MAIN'
        and is_current
        and not is_fictive
        and start_on <= {{ as_of() }}
    group by appropriation_id

),

running_on as (

    select
        course.*,
        main_course.last_end_on
    from {{ ref('int_bos__course') }} as course
    inner join main_course
        on course.appropriation_id = main_course.appropriation_id
        and main_course.is_all_with_end
        and main_course.last_end_on < {{ as_of() }}
    where {{ is_running_commitment('course') }}
        and course.course_type = 'SUPPL'
        and course.start_on <= {{ as_of() }}
        and coalesce(course.end_on, {{ as_of() }}) >= {{ as_of() }}

),

{{ planned_of('running_on', 'flagged.last_end_on + 1', as_of()) }}

select
    rule.rule_id,
    running_on.course_id as business_key,
    rule.severity,
    running_on.course_id,
    cast(null as varchar) as posting_id,
    running_on.account_id,
    running_on.team_id,
    running_on.provider_id,
    cast(null as varchar) as document_no,
    coalesce(planned.amount_dkk, 0) as amount_dkk,
    running_on.last_end_on as occurred_on,
    'Hovedydelsen ophørte ' || {{ date_da('running_on.last_end_on') }} || ', men følgeydelsen fortsætter'
        || coalesce(' til ' || {{ date_da('running_on.end_on') }}, ' uden slutdato') || '.' as text_da

from running_on

cross join rule

left join planned
    on running_on.course_id = planned.course_id
