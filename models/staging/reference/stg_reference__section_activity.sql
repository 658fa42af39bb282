with

source as (

    select * from {{ ref('section_activity') }}

),

selected as (

    select
        section_id,
        activity_no,
        category_no,
        category_name,
        kle_no,
        sbsys_template_id,
        main_account,
        supplementary_account,
        finding_da

    from source

)

select * from selected
