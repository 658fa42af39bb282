with

source as (

    select * from {{ ref('backlog_deadline') }}

),

selected as (

    select
        source_system,
        due_on,
        reason_da,
        is_assumption

    from source

)

select * from selected
