with

source as (

    select * from {{ ref('service_frame_rule') }}

),

selected as (

    select
        rule_no,
        account_pattern,
        except_pattern,
        dranst_no,
        valid_from,
        valid_to,
        is_service_frame,
        reason_da,
        source,
        is_assumption

    from source

)

select * from selected
