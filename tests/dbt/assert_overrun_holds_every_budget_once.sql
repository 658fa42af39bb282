-- Budget = mart at every level: the budget in force is in mart_overrun per account, in mart_overrun_frame per frame and, by
-- its profile, in the frame's months, to the øre. A row is a key of a level that does not tie.
with

-- the budgets add, the marts take off
side as (

    select
        'account' as level,
        fiscal_year,
        account_id as key,
        corrected_budget_dkk as budget_dkk
    from {{ ref('int_ledger__budget') }}

    union all

    select
        'frame' as level,
        budget.fiscal_year,
        account_year.frame_id as key,
        budget.corrected_budget_dkk as budget_dkk
    from {{ ref('int_ledger__budget') }} as budget
    left join {{ ref('int_account__year') }} as account_year
        on budget.fiscal_year = account_year.fiscal_year
        and budget.account_id = account_year.account_id

    union all
    select 'account', fiscal_year, account_id, -budget_corrected from {{ ref('mart_overrun') }}
    union all
    select 'frame', fiscal_year, frame_id, -budget_corrected from {{ ref('mart_overrun_frame') }}
    union all
    select 'month', fiscal_year, frame_id, budget_corrected from {{ ref('mart_overrun_frame') }}
    union all
    select 'month', fiscal_year, frame_id, -budget_dkk from {{ ref('mart_overrun_month') }}

)

select
    level,
    fiscal_year,
    key,
    sum(budget_dkk) as budget_dkk
from side
group by level, fiscal_year, key
having sum(budget_dkk) <> 0
