with

source as (

    select * from {{ source('lake', 'course_payment') }}

),

selected as (

    select
        -- identity
        source_system,
        extract_date,
        file_hash,
        row_no,
        report,
        source_payment_id,
        course_id,
        appropriation_id,
        -- the payment
        planned_on,
        planned_dkk,
        paid_on,
        paid_dkk,
        is_fictive,
        payment_frequency,
        payment_method,
        payment_cost_type,
        schedule_amount_dkk,
        price_per_unit_dkk,
        units,
        -- the account
        source_account_string,
        source_account,
        account_alias,
        category_no,
        category_name,
        -- who is paid
        recipient_type,
        supplier_cvr,
        supplier_cvr_status,
        recipient_key,
        recipient_name,
        -- the activity
        activity_no,
        activity_name,
        start_on,
        end_on,
        activity_status,
        course_type,
        section_id,
        section_name,
        main_activity_no,
        main_activity_name,
        approval_level,
        approval_user_id,
        appropriation_on,
        -- the child
        child_key,
        child_cpr_status,
        child_birth_on,
        child_initials_key,
        child_first_name_key,
        child_first_name_initial_key,
        child_birth_key,
        -- the case
        target_group,
        caseworker_id,
        team_id,
        leader_id,
        effort_step,
        scaling_step,
        paying_municipality,
        acting_municipality,
        residence_municipality

    from source

)

select * from selected
