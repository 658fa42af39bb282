select
    cast(fiscal_year as integer) as fiscal_year,
    {{ account() }} as account_id,
    sum(cast(original_budget as decimal(18, 2))) as budget_original,
    sum(cast(supplementary_budget as decimal(18, 2))) as budget_supplementary,
    sum(cast(corrected_budget as decimal(18, 2))) as budget_corrected
from {{ source('raw', 'budget') }}
group by 1, 2
