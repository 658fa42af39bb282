with

source as (

    select * from {{ ref('account_correction') }}

),

selected as (

    select
        source_account,
        section_id,
        main_activity_no,
        account_id,
        reason_da,
        source

    from source

)

select * from selected
