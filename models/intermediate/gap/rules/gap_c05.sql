-- C05: a child is over the age limit of the section while the course runs, or reaches it soon (threshold, then a
-- warning) with a course that goes on past that day. One gap a child, told by the course that passed first; the key is
-- a hash of the child's pseudonym, which is not published.
with

{{ gap_rule('C05') }},

limited as (

    select
        course.*,
        section.age_limit_years,
        cast(course.child_birth_on + section.age_limit_years * interval 1 year as date) as limit_on

    from {{ ref('int_bos__course') }} as course

    inner join {{ ref('dim_section') }} as section
        on course.section_id = section.section_id

    where {{ is_running_commitment('course') }}
        and course.start_on <= {{ as_of() }}
        and coalesce(course.end_on, {{ as_of() }}) >= {{ as_of() }}

),

over_limit as (

    select limited.*
    from limited
    cross join rule
    where limited.limit_on <= {{ as_of() }} + rule.threshold_days
        and coalesce(limited.end_on, limited.limit_on) >= limited.limit_on

),

{{ planned_of('over_limit', 'flagged.limit_on', as_of(), keys=['child_key']) }},

child as (

    select
        *,
        count(*) over (partition by child_key) as courses
    from over_limit
    where child_key is not null
    qualify row_number() over (partition by child_key order by limit_on, course_type, start_on, course_id) = 1

)

select
    rule.rule_id,
    substr(sha256(rule.rule_id || '|' || child.child_key), 1, 32) as business_key,
    case when child.limit_on <= {{ as_of() }} then rule.severity else 'W' end as severity,
    child.course_id,
    cast(null as varchar) as posting_id,
    child.account_id,
    child.team_id,
    child.provider_id,
    cast(null as varchar) as document_no,
    coalesce(planned.amount_dkk, 0) as amount_dkk,
    child.limit_on as occurred_on,
    'Barnet ' || case when child.limit_on <= {{ as_of() }} then 'fyldte ' else 'fylder ' end || child.age_limit_years
        || ' år ' || {{ date_da('child.limit_on') }} || ', og forløb på paragraf ' || child.section_id
        || ' fortsætter efter den dag (forløb i alt: ' || child.courses || ').' as text_da

from child

cross join rule

left join planned
    on child.child_key = planned.child_key
