with

source as (

    select * from {{ ref('metric') }}

),

selected as (

    select
        metric_id,
        sort_order,
        group_da,
        name_da,
        definition_da,
        formula_da,
        unit_da,
        decimals,
        table_name,
        expression,
        is_additive,
        per_columns,
        sign_da

    from source

)

select * from selected
