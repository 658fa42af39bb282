with

source as (

    select * from {{ ref('account_function') }}

),

selected as (

    select
        function_no,
        function_code,
        name,
        valid_from,
        valid_to,
        source,
        is_assumption

    from source

)

select * from selected
