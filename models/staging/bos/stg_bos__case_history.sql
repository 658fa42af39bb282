with

source as (

    select * from {{ source('lake', 'case_history') }}

),

selected as (

    select
        -- identity
        source_system,
        extract_date,
        file_hash,
        row_no,
        case_id,
        history_id,
        changed_at,
        case_sbsys_id,
        -- the child
        child_key,
        child_cpr_status,
        child_birth_on,
        -- the case
        target_group,
        caseworker_id,
        team_id,
        leader_id,
        effort_step,
        scaling_step,
        paying_municipality,
        acting_municipality,
        residence_municipality

    from source

)

select * from selected
