with

source as (

    select * from {{ source('lake', 'budget_assumption') }}

),

selected as (

    select
        -- identity
        source_system,
        extract_date,
        file_hash,
        row_no,
        -- what it says
        fiscal_year,
        activity_no,
        provider_kind,
        target_group,
        assumed_courses,
        assumed_duration_days,
        assumed_price_day_dkk,
        assumed_cost_dkk,
        activation_pct,
        -- who is told of what
        threshold_pct,
        owner_role

    from source

)

select * from selected
