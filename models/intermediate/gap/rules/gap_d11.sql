-- D11: a row of the case system whose parent is missing: a course whose child is in no list of cases, that has no
-- appropriation, or a follow-up course of an appropriation that has no main activity, neither as a course nor by name (a
-- main activity may have left the report's window). A payment without a course does not pass ingest. One gap a course.
with

{{ gap_rule('D11') }},

listed_child as (

    select distinct child_key from {{ ref('stg_bos__case_history') }} where child_key is not null

),

newest_list as (

    select
        source_system,
        max(extract_date) as extract_date
    from {{ ref('stg_bos__case_history') }}
    group by source_system

),

main_course as (

    select distinct appropriation_id from {{ ref('int_bos__course') }} where course_type = 'MAIN'

),

judged as (

    select
        course.*,
        -- a course that came after the newest list of cases has its case in the next one
        listed_child.child_key is null
        and coalesce(course.first_seen_on <= newest_list.extract_date, false) as is_without_case,
        course.appropriation_id is null as is_without_appropriation,
        course.course_type = 'SUPPL'
        and course.appropriation_id is not null
        and course.main_activity_no is null
        and main_course.appropriation_id is null as is_without_main

    from {{ ref('int_bos__course') }} as course

    left join listed_child
        on course.child_key = listed_child.child_key

    left join newest_list
        on course.source_system = newest_list.source_system

    left join main_course
        on course.appropriation_id = main_course.appropriation_id

    where course.is_current

),

orphan as (

    select * from judged where is_without_case or is_without_appropriation or is_without_main

),

{{ planned_of('orphan', start_of_year(), as_of()) }}

select
    rule.rule_id,
    orphan.course_id as business_key,
    rule.severity,
    orphan.course_id,
    cast(null as varchar) as posting_id,
    orphan.account_id,
    orphan.team_id,
    orphan.provider_id,
    cast(null as varchar) as document_no,
    coalesce(planned.amount_dkk, 0) as amount_dkk,
    orphan.start_on as occurred_on,
    'Forløbet mangler ' || concat_ws(
        ' og ',
        case when orphan.is_without_case then 'sin sag' end,
        case when orphan.is_without_appropriation then 'sin bevilling' end,
        case when orphan.is_without_main then 'bevillingens hovedydelse' end
    ) || ' i leverancen fra BOS.' as text_da

from orphan

cross join rule

left join planned
    on orphan.course_id = planned.course_id
