-- The budget of each fiscal year as the newest delivery that brings the year has it. A change decided after the
-- as-of date is not known yet: that account then stands with its original budget.
with

budget as (

    select * from {{ ref('stg_ledger__budget') }}

),

account as (

    select source_account, account_id from {{ ref('int_account__resolved') }} where section_id is null

),

newest as (

    select budget.*
    from budget
    qualify rank() over (partition by source_system, fiscal_year order by extract_date desc) = 1

),

decided as (

    select
        newest.source_system,
        newest.extract_date,
        newest.fiscal_year,
        coalesce(account.account_id, 'UKENDT') as account_id,
        newest.account_name,
        newest.decided_on,
        newest.original_budget_dkk,
        coalesce(newest.decided_on > {{ as_of() }}, false) as is_undecided,
        newest.supplementary_budget_dkk,
        newest.corrected_budget_dkk

    from newest

    left join account
        on newest.source_account = account.source_account

)

select
    source_system,
    extract_date,
    fiscal_year,
    account_id,
    account_name,
    decided_on,
    is_undecided,
    original_budget_dkk,
    cast(case when is_undecided then 0 else supplementary_budget_dkk end as decimal(18, 2)) as supplementary_budget_dkk,
    cast(case when is_undecided then original_budget_dkk else corrected_budget_dkk end as decimal(18, 2)) as corrected_budget_dkk
from decided
