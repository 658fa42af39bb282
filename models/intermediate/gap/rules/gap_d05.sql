-- D05: after the corrections of the seed account_correction the middle of the account string is still not 9 digits,
-- hyphen, 6 digits. XXX as department and kind is normal. The account comes from the appropriation's section and main
-- activity: one gap for the two, whatever the number of courses.
with

{{ gap_rule('D05') }},

course as (

    select
        *,
        coalesce(source_account, 'UKENDT') as written_account
    from {{ ref('int_bos__course') }}
    where is_current
        and not coalesce(regexp_full_match(account_id, '[0-9]{9}-[0-9]{6}'), false)

),

{{ planned_of('course', start_of_year(), as_of()) }},

section_activity as (

    select
        course.section_id,
        course.main_activity_no,
        min(course.account_id) as account_id,
        string_agg(distinct course.written_account, ', ' order by course.written_account) as written_accounts,
        count(*) as courses,
        min(course.start_on) as first_start_on,
        cast(coalesce(sum(planned.amount_dkk), 0) as decimal(18, 2)) as amount_dkk
    from course
    left join planned
        on course.course_id = planned.course_id
    group by course.section_id, course.main_activity_no

)

select
    rule.rule_id,
    coalesce(section_activity.section_id, '-') || '|'
        || coalesce(section_activity.main_activity_no, '-') as business_key,
    rule.severity,
    cast(null as varchar) as course_id,
    cast(null as varchar) as posting_id,
    section_activity.account_id,
    cast(null as varchar) as team_id,
    cast(null as varchar) as provider_id,
    cast(null as varchar) as document_no,
    section_activity.amount_dkk,
    section_activity.first_start_on as occurred_on,
    'Paragraf ' || coalesce(section_activity.section_id, '(ingen)') || ' med hovedaktivitet '
        || coalesce(section_activity.main_activity_no, '(ingen)')
        || ' har kontoen "' || section_activity.written_accounts
        || '" (forløb: ' || section_activity.courses || ').' as text_da

from section_activity

cross join rule
