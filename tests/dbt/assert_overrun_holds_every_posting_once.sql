-- Ledger = mart at every level: what was posted up to the as-of date is in mart_overrun per account and per function, in
-- mart_overrun_frame per frame, in mart_overrun_month per frame and month, expenditure and income apart, to the øre; so is
-- the year's total. A row is a key of a level that does not tie.
with

posting as (

    select
        posting.fiscal_year,
        posting.account_id,
        posting.is_income,
        posting.amount_dkk,
        account.function_no,
        account_year.frame_id,
        make_date(posting.fiscal_year, least(greatest(posting.period_no, 1), 12), 1) as month
    from {{ ref('fct_posting') }} as posting
    left join {{ ref('dim_account') }} as account
        on posting.account_id = account.account_id
    left join {{ ref('int_account__year') }} as account_year
        on posting.fiscal_year = account_year.fiscal_year
        and posting.account_id = account_year.account_id
    where not posting.is_balance
        and posting.posted_on <= {{ as_of() }}

),

-- the ledger adds, the marts take off
side as (

    {%- for level, key in {
        'account': 'account_id', 'function': 'function_no', 'frame': 'frame_id', 'month': "frame_id || ' ' || month",
    }.items() %}
    select
        '{{ level }}' as level,
        fiscal_year,
        {{ key }} as key,
        case when is_income then 0 else amount_dkk end as expenditure_dkk,
        case when is_income then amount_dkk else 0 end as income_dkk
    from posting

    union all
    {% endfor %}
    select 'account', fiscal_year, account_id, -actual_expenditure, -actual_income from {{ ref('mart_overrun') }}
    union all
    select 'function', fiscal_year, function_no, -actual_expenditure, -actual_income from {{ ref('mart_overrun') }}
    union all
    select 'frame', fiscal_year, frame_id, -actual_expenditure, -actual_income from {{ ref('mart_overrun_frame') }}
    union all
    select 'month', fiscal_year, frame_id || ' ' || month, -actual_expenditure_dkk, -actual_income_dkk
    from {{ ref('mart_overrun_month') }}

)

select
    level,
    fiscal_year,
    key,
    sum(expenditure_dkk) as expenditure_dkk,
    sum(income_dkk) as income_dkk
from side
group by level, fiscal_year, key
having sum(expenditure_dkk) <> 0
    or sum(income_dkk) <> 0
