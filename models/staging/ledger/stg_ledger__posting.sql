with

source as (

    select * from {{ source('lake', 'posting') }}

),

selected as (

    select
        -- identity
        source_system,
        extract_date,
        file_hash,
        row_no,
        posting_id,
        fiscal_year,
        period_no,
        posted_on,
        registered_at,
        -- the account
        source_account_string,
        source_account,
        account_alias,
        art_no,
        is_balance,
        -- the money
        amount_dkk,
        -- the other party
        supplier_cvr,
        supplier_cvr_status,
        supplier_key,
        supplier_name,
        person_key,
        person_cpr_status,
        payment_reference,
        invoice_no,
        -- read from the text
        text_course_id,
        is_text_course_id_cut,
        text_appropriation_id,
        is_text_appropriation_id_cut,
        service_month,
        part_no,
        part_count,
        child_count,
        is_reversal_text,
        hint_initials_key,
        hint_first_name_key,
        hint_first_name_initial_key,
        hint_birth_key

    from source

)

select * from selected
