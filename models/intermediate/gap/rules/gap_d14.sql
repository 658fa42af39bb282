-- D14: a case with a running course lacks its target group, its team, the team's leader or the paying municipality. In
-- the newest record of the newest list. One gap a case; its key is a hash, as case ids are not published.
with

{{ gap_rule('D14') }},

running_child as (

    select distinct child_key
    from {{ ref('int_bos__course') }}
    where is_current
        and start_on <= {{ as_of() }}
        and coalesce(end_on, {{ as_of() }}) >= {{ as_of() }}

)

select
    rule.rule_id,
    {{ gap_id('rule.rule_id', "case_row.source_system || '|' || case_row.case_id") }} as business_key,
    rule.severity,
    course.course_id,
    cast(null as varchar) as posting_id,
    cast(null as varchar) as account_id,
    coalesce(case_row.team_id, course.team_id) as team_id,
    cast(null as varchar) as provider_id,
    cast(null as varchar) as document_no,
    cast(0 as decimal(18, 2)) as amount_dkk,
    cast(case_row.changed_at as date) as occurred_on,
    'Mangler på sagen: ' || concat_ws(
        ', ',
        case when case_row.target_group is null then 'målgruppe' end,
        case when case_row.team_id is null then 'team' end,
        case when case_row.leader_id is null then 'leder' end,
        case when case_row.paying_municipality is null then 'betalingskommune' end
    ) || '.' as text_da

from {{ ref('int_bos__case') }} as case_row

inner join running_child
    on case_row.child_key = running_child.child_key

left join {{ ref('int_gap__course_of_child') }} as course
    on case_row.child_key = course.child_key

cross join rule

where case_row.target_group is null
    or case_row.team_id is null
    or case_row.leader_id is null
    or case_row.paying_municipality is null
