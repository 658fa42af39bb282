-- The budget of each fiscal year and account as the newest delivery that brings the year has it. What that delivery says
-- was decided after the as-of date is not known yet: the line then stands with what the newest earlier delivery had
-- decided, else with its original budget. What a corrected budget holds besides original and supplementary is transfers.
with

budget as (

    select
        *,
        coalesce(source_account_string, source_account) as line,
        coalesce(decided_on > {{ as_of() }}, false) as is_undecided,
        -- a file with a line for each decision says all of them itself
        count(*) over (
            partition by source_system, extract_date, fiscal_year, coalesce(source_account_string, source_account)
        ) = 1 as is_whole_line
    from {{ ref('stg_ledger__budget') }}

),

account as (

    select source_account, account_id from {{ ref('int_account__resolved') }} where section_id is null

),

newest as (

    select budget.*
    from budget
    qualify rank() over (partition by source_system, fiscal_year order by extract_date desc) = 1

),

earlier as (

    select budget.*
    from budget
    where not is_undecided
        and is_whole_line
    qualify row_number() over (partition by source_system, fiscal_year, line order by extract_date desc) = 1

),

in_force as (

    select
        newest.fiscal_year,
        coalesce(account.account_id, 'UKENDT') as account_id,
        newest.extract_date,
        newest.is_undecided,
        case when newest.is_undecided then earlier.decided_on else newest.decided_on end as decided_on,
        newest.original_budget_dkk,
        case
            when newest.is_undecided then coalesce(earlier.supplementary_budget_dkk, 0)
            else coalesce(newest.supplementary_budget_dkk, 0)
        end as supplementary_budget_dkk,
        case
            when newest.is_undecided
                then newest.original_budget_dkk + coalesce(earlier.corrected_budget_dkk - earlier.original_budget_dkk, 0)
            else newest.corrected_budget_dkk
        end as corrected_budget_dkk

    from newest

    left join earlier
        on newest.is_undecided
        and newest.is_whole_line
        and newest.source_system = earlier.source_system
        and newest.fiscal_year = earlier.fiscal_year
        and newest.line = earlier.line

    left join account
        on newest.source_account = account.source_account

)

select
    fiscal_year,
    account_id,
    max(extract_date) as extract_date,
    max(decided_on) as decided_on,
    bool_or(is_undecided) as is_undecided,
    cast(sum(original_budget_dkk) as decimal(18, 2)) as original_budget_dkk,
    cast(sum(supplementary_budget_dkk) as decimal(18, 2)) as supplementary_budget_dkk,
    cast(sum(corrected_budget_dkk - original_budget_dkk - supplementary_budget_dkk) as decimal(18, 2)) as transfer_budget_dkk,
    cast(sum(corrected_budget_dkk) as decimal(18, 2)) as corrected_budget_dkk
from in_force
group by fiscal_year, account_id
