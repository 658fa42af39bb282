-- What every rule that runs sees at the as-of date, with the gap's lasting id and who corrects it. The id is made of
-- the rule and its business key: the same gap has the same id in every delivery and publication.
with

rule_hit as (

    select * from {{ ref('int_gap__rule_hit') }}

),

rule_status as (

    select * from {{ ref('int_gap__rule_status') }}

),

rule as (

    select * from {{ ref('stg_reference__gap_rule') }}

),

usual_team as (

    select * from {{ ref('int_gap__usual_team') }}

),

placed as (

    select
        rule_hit.* exclude (team_id),
        rule.owner,
        -- a payment without a course belongs to the team that usually uses the supplier
        coalesce(rule_hit.team_id, usual_team.team_id) as team_id

    from rule_hit

    inner join rule_status
        on rule_hit.rule_id = rule_status.rule_id
        and rule_status.is_run

    inner join rule
        on rule_hit.rule_id = rule.rule_id

    left join usual_team
        on rule_hit.provider_id = usual_team.party_id
        and rule_hit.course_id is null

)

select
    {{ gap_id('rule_id', 'business_key') }} as gap_id,
    rule_id,
    business_key,
    severity,
    course_id,
    posting_id,
    account_id,
    team_id,
    provider_id,
    document_no,
    amount_dkk,
    occurred_on,
    text_da,
    case
        when owner = 'bos_administrator' then 'BOS-administrator'
        when team_id is not null then team_id
        when owner = 'controller' then 'Controller'
        when owner = 'steward' then 'Datasteward'
        else 'Uden team'
    end as corrector

from placed
