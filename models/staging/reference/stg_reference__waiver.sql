with

source as (

    select * from {{ ref('waiver') }}

),

selected as (

    select
        coalesce(gap_id, {{ gap_id('rule_id', 'business_key') }}) as gap_id,
        reason_da,
        decided_by,
        decided_on,
        valid_until_on

    from source

)

select * from selected
