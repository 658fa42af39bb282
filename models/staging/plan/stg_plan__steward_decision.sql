with

source as (

    select * from {{ source('lake', 'steward_decision') }}

),

selected as (

    select
        -- identity
        source_system,
        extract_date,
        file_hash,
        row_no,
        -- what it says
        gap_id,
        rule_id,
        posting_id,
        decision,
        course_payment_id,
        comment_da,
        valid_until_on,
        decided_by,
        decided_on

    from source

)

select * from selected
