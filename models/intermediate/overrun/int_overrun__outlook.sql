-- What each method says at the as-of date: of each account's year, and of each month of it that is not over yet for
-- accounts with courses. Observed, so that later dates can say what became of it (mart_forecast_backtest).
{%- set methods = ['straight_line', 'commitment', 'activity'] %}
with

run as (

    select
        as_of,
        cast(year(as_of) as integer) as this_year
    from {{ ref('stg_control__run') }}

),

account as (

    select account.*
    from {{ ref('int_overrun__account') }} as account
    inner join run
        on account.fiscal_year = run.this_year

),

inflow as (

    select * from {{ ref('int_overrun__inflow') }} where is_this_year

)

select
    'year' as target,
    make_date(fiscal_year, 12, 1) as month,
    account_id,
    {%- for method in methods %}
    -- without courses all methods are what the account's own experience says
    cast(case when has_granted_payment then forecast_{{ method }} else forecast end as decimal(18, 2)) as {{ method }}_dkk,
    {%- endfor %}
    forecast as forecast_dkk
from account

union all

select
    'month' as target,
    month_now.month,
    month_now.account_id,
    {{ divide('account.forecast_straight_line', '12') }} as straight_line_dkk,
    cast(month_now.posted_dkk + month_now.accrued_dkk + month_now.committed_dkk as decimal(18, 2)) as commitment_dkk,
    cast({{ known_of_month('month_now') }} + coalesce(inflow.net_inflow_dkk, 0) as decimal(18, 2)) as activity_dkk,
    case account.forecast_method
        when 'forecast_straight_line' then straight_line_dkk
        when 'forecast_commitment' then commitment_dkk
        else activity_dkk
    end as forecast_dkk

from {{ ref('int_overrun__month') }} as month_now

cross join run

inner join account
    on month_now.account_id = account.account_id
    and account.has_granted_payment

left join inflow
    on month_now.account_id = inflow.account_id
    and month_now.month = inflow.month

where month_now.month >= date_trunc('month', run.as_of)
    and year(month_now.month) = run.this_year
