-- C01: a main course without an end that has run longer than its measure's longest duration: the activity's own where
-- it has one, else the section's. Placements run until they are ended and are exempt, but for an activity that is
-- limited by nature (its own duration in the seed). Where the longest duration is short (threshold), the end belongs in
-- the grant: information from the start, before it is too late. One gap a course.
with

{{ gap_rule('C01') }},

limited as (

    select
        course.*,
        cast(coalesce(
            course.start_on + activity.max_duration_days,
            case when not section.is_placement then course.start_on + section.max_duration_months * interval 1 month end
        ) as date) as longest_until

    from {{ ref('dim_course') }} as course

    inner join {{ ref('dim_section') }} as section
        on course.section_id = section.section_id

    left join {{ ref('dim_activity') }} as activity
        on course.activity_no = activity.activity_no

    where {{ is_running_commitment('course') }}
        and course.course_type = 'MAIN'
        and course.is_open_ended

),

{{ planned_of('limited', 'flagged.longest_until + 1', as_of()) }}

select
    rule.rule_id,
    limited.course_id as business_key,
    case when limited.longest_until < {{ as_of() }} then rule.severity else 'I' end as severity,
    limited.course_id,
    cast(null as varchar) as posting_id,
    limited.account_id,
    limited.team_id,
    limited.provider_id,
    cast(null as varchar) as document_no,
    coalesce(planned.amount_dkk, 0) as amount_dkk,
    limited.longest_until as occurred_on,
    'Forløbet ' || case when limited.start_on <= {{ as_of() }} then 'startede ' else 'starter ' end
        || {{ date_da('limited.start_on') }} || ' og har ingen slutdato; længste varighed '
        || case when limited.longest_until < {{ as_of() }} then 'udløb ' else 'udløber ' end
        || {{ date_da('limited.longest_until') }} || '.' as text_da

from limited

cross join rule

left join planned
    on limited.course_id = planned.course_id

where limited.longest_until < {{ as_of() }}
    or limited.longest_until - limited.start_on <= rule.threshold_days
