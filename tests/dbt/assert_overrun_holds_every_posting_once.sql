-- Ledger = mart: per fiscal year, what was posted up to the as-of date is the sum of the accounts, of the frames and
-- of the months. A row is a year that does not tie.
with

posting as (

    select
        fiscal_year,
        sum(amount_dkk) as amount_dkk
    from {{ ref('fct_posting') }}
    where not is_balance
        and posted_on <= {{ as_of() }}
    group by fiscal_year

),

account as (
    select fiscal_year, sum(actual_to_date) as amount_dkk from {{ ref('mart_overrun') }} group by fiscal_year
),

frame as (
    select fiscal_year, sum(actual_to_date) as amount_dkk from {{ ref('mart_overrun_frame') }} group by fiscal_year
),

month as (
    select fiscal_year, sum(actual_dkk) as amount_dkk from {{ ref('mart_overrun_month') }} group by fiscal_year
)

select posting.fiscal_year
from posting
left join account on posting.fiscal_year = account.fiscal_year
left join frame on posting.fiscal_year = frame.fiscal_year
left join month on posting.fiscal_year = month.fiscal_year
where account.amount_dkk is distinct from posting.amount_dkk
    or frame.amount_dkk is distinct from posting.amount_dkk
    or month.amount_dkk is distinct from posting.amount_dkk
