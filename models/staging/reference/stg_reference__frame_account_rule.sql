with

source as (

    select * from {{ ref('frame_account_rule') }}

),

selected as (

    select
        rule_no,
        frame_id,
        account_pattern,
        except_pattern,
        valid_from,
        valid_to,
        reason_da,
        source,
        is_assumption

    from source

)

select * from selected
