with

source as (

    select * from {{ source('lake', 'invoice') }}

),

selected as (

    select
        -- identity
        source_system,
        extract_date,
        file_hash,
        row_no,
        invoice_no,
        -- the supplier
        supplier_cvr,
        supplier_cvr_status,
        supplier_key,
        supplier_name,
        -- the money and its dates
        amount_dkk,
        received_on,
        due_on,
        posted_on,
        invoice_status,
        -- the account
        source_account_string,
        source_account,
        -- read from the text
        text_course_id,
        is_text_course_id_cut,
        text_appropriation_id,
        is_text_appropriation_id_cut,
        service_month

    from source

)

select * from selected
