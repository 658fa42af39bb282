-- What a figure is called, what it means and how it is counted: pages, workbooks and the dictionary read it from here.
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
from {{ ref('stg_reference__metric') }}
