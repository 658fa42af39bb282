-- C13: between two placements of one child, or two stretches of one, lie a few days (threshold) without any. An open
-- end has no gap after it. One gap a child and day on which the next begins, told by the course that begins then.
with

{{ gap_rule('C13') }},

placement as (

    select
        course.child_key,
        course.course_id,
        course_interval.start_on,
        case
            when course.is_open_ended and course_interval.end_on >= {{ as_of() }} then date '9999-12-31'
            else course_interval.end_on
        end as end_on

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

following as (

    select
        *,
        max(end_on) over (
            partition by child_key order by start_on, course_id
            rows between unbounded preceding and 1 preceding
        ) as earlier_until
    from placement

)

select
    rule.rule_id,
    following.course_id || '|' || strftime(following.start_on, '%Y-%m-%d') as business_key,
    rule.severity,
    following.course_id,
    cast(null as varchar) as posting_id,
    course.account_id,
    course.team_id,
    course.provider_id,
    cast(null as varchar) as document_no,
    cast(0 as decimal(18, 2)) as amount_dkk,
    following.earlier_until + 1 as occurred_on,
    'Den forrige anbringelse ophørte ' || {{ date_da('following.earlier_until') }} || ', og den næste begynder '
        || {{ date_da('following.start_on') }} || ' (' || following.start_on - following.earlier_until - 1
        || ' dage imellem).' as text_da

from following

inner join {{ ref('dim_course') }} as course
    on following.course_id = course.course_id

cross join rule

where following.start_on - following.earlier_until - 1 between 1 and rule.threshold_days
