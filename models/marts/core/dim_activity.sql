with

activity as (

    select * from {{ ref('stg_reference__activity') }}

),

category as (

    select * from {{ ref('stg_reference__activity_category') }}

),

final as (

    select
        activity.activity_no,
        activity.name,
        activity.category_no,
        category.name as category_name,
        activity.is_active,
        activity.is_main_possible,
        activity.is_suppl_possible,
        cast(activity.tolerance_pct as decimal(9, 2)) as tolerance_pct,
        activity.tolerance_dkk,
        activity.is_tolerance_default,
        activity.max_duration_days,
        activity.review_group,
        activity.finding_da,
        activity.assumption_da

    from activity

    left join category
        on activity.category_no = category.category_no

)

select * from final
