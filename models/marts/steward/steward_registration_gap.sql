-- The gaps that stand open, with what a steward needs to find the case and the document. Names no person.
with

hit as (

    select * from {{ ref('int_gap__hit') }}

),

posting as (

    select * from {{ ref('int_ledger__posting') }}

),

provider as (

    select * from {{ ref('dim_provider') }}

),

case_of_child as (

    select * from {{ ref('int_bos__case_of_child') }}

),

decision as (

    select * from {{ ref('int_gap__decision') }}

),

run as (

    select * from {{ ref('stg_control__run') }}

),

leader_of_team as (

    select
        team_id,
        leader_id
    from {{ ref('int_bos__course') }}
    where team_id is not null
        and leader_id is not null
    group by team_id, leader_id
    qualify row_number() over (partition by team_id order by count(*) filter (where is_current) desc, leader_id) = 1

)

select
    gap.*,
    case_of_child.case_id,
    case_of_child.case_sbsys_id,
    course.appropriation_id,
    course.section_id,
    course.activity_no,
    course.activity_name,
    hit.document_no,
    hit.provider_id,
    case when provider.provider_kind <> 'person' then provider.provider_name end as supplier_name,
    provider.cvr_no as supplier_cvr,
    course.caseworker_id,
    coalesce(course.leader_id, leader_of_team.leader_id) as leader_id,
    -- of the first month everything is new
    coalesce(greatest(gap.first_seen_on, gap.reopened_on) > run.previous_as_of, true) as is_new,
    decision.decided_by,
    decision.comment_da,
    decision.comment_by,
    decision.comment_on

from {{ ref('mart_registration_gap') }} as gap

left join hit
    on gap.gap_id = hit.gap_id

left join {{ ref('int_bos__course') }} as course
    on gap.course_id = course.course_id

left join posting
    on gap.posting_id = posting.posting_id

left join case_of_child
    on coalesce(course.child_key, posting.person_key) = case_of_child.child_key

left join provider
    on hit.provider_id = provider.provider_id

left join leader_of_team
    on gap.team_id = leader_of_team.team_id

left join decision
    on gap.gap_id = decision.gap_id

cross join run

where gap.status <> 'closed'
