-- Every rule model has its row in the catalogue: without it, it would never have a hit.
with

model as (

    select unnest({{ built_gap_rules() }}) as rule_id

)

select model.rule_id
from model
left join {{ ref('stg_reference__gap_rule') }} as rule
    on model.rule_id = rule.rule_id
where rule.rule_id is null
