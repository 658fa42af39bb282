-- D18: one child in two or more cases of the newest list. One gap a child; the key is a hash of the pseudonym, which is not
-- published.
with

{{ gap_rule('D18') }},

child as (

    select
        child_key,
        count(*) as cases,
        -- the case that came last is the one too many
        arg_max(team_id, (opened_on, case_id)) as team_id,
        string_agg(distinct team_id, ', ' order by team_id) as team_ids,
        max(opened_on) as second_on
    from {{ ref('int_bos__case') }}
    where child_key is not null
    group by child_key
    having count(*) > 1

)

select
    rule.rule_id,
    {{ gap_id('rule.rule_id', 'child.child_key') }} as business_key,
    rule.severity,
    course.course_id,
    cast(null as varchar) as posting_id,
    cast(null as varchar) as account_id,
    coalesce(child.team_id, course.team_id) as team_id,
    cast(null as varchar) as provider_id,
    cast(null as varchar) as document_no,
    cast(0 as decimal(18, 2)) as amount_dkk,
    child.second_on as occurred_on,
    'Barnet har ' || child.cases || ' sager i BOS' || coalesce(' (' || child.team_ids || ')', '')
        || '; den seneste fra ' || {{ date_da('child.second_on') }} || '.' as text_da

from child

cross join rule

left join {{ ref('int_gap__course_of_child') }} as course
    on child.child_key = course.child_key
