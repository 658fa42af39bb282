with

source as (

    select * from {{ ref('account') }}

),

selected as (

    select
        account_id,
        main_account_no,
        function_no,
        dranst_no,
        grouping_no,
        category_no,
        account_name,
        is_activity_account,
        is_person_account,
        valid_from,
        valid_to,
        finding_da,
        assumption_da,
        is_assumption,
        source

    from source

)

select * from selected
