with

source as (

    select * from {{ source('lake', 'decision_consequence') }}

),

selected as (

    select
        -- identity
        source_system,
        extract_date,
        file_hash,
        row_no,
        decision_no,
        department_da,
        fiscal_year,
        -- what it says
        decision_title_da,
        decided_on,
        effect_dkk,
        probability_pct,
        -- what it concerns
        frame_id,
        account_id,
        course_ids

    from source

)

select * from selected
