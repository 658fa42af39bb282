with

source as (

    select * from {{ ref('activity') }}

),

selected as (

    select
        activity_no,
        name,
        source_name,
        is_active,
        is_main_possible,
        is_suppl_possible,
        category_no,
        tolerance_pct,
        tolerance_dkk,
        is_tolerance_default,
        max_duration_days,
        review_group,
        finding_da,
        assumption_da,
        is_assumption,
        source

    from source

)

select * from selected
