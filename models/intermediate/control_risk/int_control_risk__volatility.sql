-- Account x expenditure or income: how much the months vary. The newest closed months, from the first that has a posting;
-- a month without postings counts as 0.
with

month as (

    select month
    from {{ ref('int_ledger__period') }}
    where is_closed
        and is_delivered
        and month is not null
    qualify row_number() over (order by month desc) <= {{ var('control_risk_months') }}

),

posted as (

    select
        posting.account_id,
        posting.is_income,
        period.month,
        sum(posting.amount_dkk) as amount_dkk
    from {{ ref('fct_posting') }} as posting
    inner join {{ ref('int_ledger__period') }} as period
        on posting.fiscal_year = period.fiscal_year
        and posting.period_no = period.period_no
        and period.is_closed
        and period.month is not null
    where not posting.is_balance
    group by posting.account_id, posting.is_income, period.month

),

account as (

    select
        account_id,
        is_income,
        min(month) as first_month
    from posted
    group by account_id, is_income

),

account_month as (

    select
        account.account_id,
        account.is_income,
        coalesce(posted.amount_dkk, 0) as amount_dkk
    from account
    inner join month
        on account.first_month <= month.month
    left join posted
        on account.account_id = posted.account_id
        and account.is_income = posted.is_income
        and month.month = posted.month

),

summed as (

    select
        account_id,
        is_income,
        count(*) as months,
        cast(sum(amount_dkk) as decimal(38, 2)) as sum_dkk,
        sum(cast(amount_dkk as decimal(18, 2)) * amount_dkk) as sum_of_squares
    from account_month
    group by account_id, is_income

)

select
    account_id,
    is_income,
    months,
    -- standard deviation of the months by their mean, written so that all sums are exact
    case
        when months >= {{ var('control_risk_min_months') }} and sum_dkk <> 0
            then cast(round(
                sqrt((months * sum_of_squares - sum_dkk * sum_dkk) * months / (months - 1)) / abs(sum_dkk), 4
            ) as decimal(18, 4))
    end as volatility

from summed
