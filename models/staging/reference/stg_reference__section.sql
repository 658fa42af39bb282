with

source as (

    select * from {{ ref('section') }}

),

selected as (

    select
        section_id,
        name,
        law,
        valid_from,
        valid_to,
        is_replaced_by_bl,
        bl_section_id,
        target_groups,
        effort_steps,
        is_placement,
        exclusive_group,
        review_group,
        age_limit_years,
        max_duration_months,
        finding_da,
        assumption_da,
        is_assumption,
        source

    from source

)

select * from selected
