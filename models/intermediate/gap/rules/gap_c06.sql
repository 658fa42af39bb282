-- C06: the course starts on a day on which its section was not the law: on a section that the Child's Act (Barnets Lov)
-- has replaced by then (adult sections of the old act stand), or on one that was not in force yet. A course that was
-- granted or seen before the new section came into force was moved to it while it ran, lawfully: information. One gap a
-- course.
with

{{ gap_rule('C06') }},

course as (

    select
        course.*,
        section.valid_from,
        section.valid_to,
        section.bl_section_id,
        course.start_on < section.valid_from as is_before,
        least(course.first_seen_on, course.first_granted_on) < section.valid_from as is_moved

    from {{ ref('dim_course') }} as course

    inner join {{ ref('dim_section') }} as section
        on course.section_id = section.section_id
        and (
            course.start_on < section.valid_from
            or (section.is_replaced_by_bl and course.start_on > section.valid_to)
        )

    where course.is_current

),

{{ planned_of('course', start_of_year(), as_of()) }}

select
    rule.rule_id,
    course.course_id as business_key,
    case when course.is_before and course.is_moved then 'I' else rule.severity end as severity,
    course.course_id,
    cast(null as varchar) as posting_id,
    course.account_id,
    course.team_id,
    course.provider_id,
    cast(null as varchar) as document_no,
    coalesce(planned.amount_dkk, 0) as amount_dkk,
    course.start_on as occurred_on,
    'Forløbet starter ' || {{ date_da('course.start_on') }} || ', men paragraf ' || course.section_id || case
        when course.is_before then ' gælder først fra ' || {{ date_da('course.valid_from') }}
        else ' gjaldt kun til ' || {{ date_da('course.valid_to') }}
            || coalesce(' og er afløst af ' || course.bl_section_id, '')
    end || '.' as text_da

from course

cross join rule

left join planned
    on course.course_id = planned.course_id
