-- A rule model has its row in the seed, marked as built; what is marked as built has its model.
with

model as (

    {% for name in gap_rule_models() -%}
    select '{{ name | replace("gap_", "") | upper }}' as rule_id
    {%- if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}

),

built as (

    select rule_id from {{ ref('stg_reference__gap_rule') }} where is_built

)

select coalesce(model.rule_id, built.rule_id) as rule_id
from model
full join built
    on model.rule_id = built.rule_id
where model.rule_id is null
    or built.rule_id is null
