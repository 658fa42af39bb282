with

source as (

    select * from {{ source('lake', 'savings_initiative') }}

),

selected as (

    select
        -- identity
        source_system,
        extract_date,
        file_hash,
        row_no,
        initiative_id,
        fiscal_year,
        -- what it says
        measure_da,
        frame_id,
        effect_dkk,
        cast(date_trunc('month', start_on) as date) as start_on,
        probability_pct,
        initiative_status,
        deadline_on,
        owner_role,
        lever,
        -- what it concerns
        account_id,
        section_id,
        activity_no,
        provider_id,
        course_ids

    from source

)

select * from selected
