with

source as (

    select * from {{ source('lake', 'budget') }}

),

selected as (

    select
        source_system,
        extract_date,
        file_hash,
        row_no,
        fiscal_year,
        source_account_string,
        source_account,
        account_alias,
        account_name,
        original_budget_dkk,
        supplementary_budget_dkk,
        corrected_budget_dkk,
        decided_on

    from source

)

select * from selected
