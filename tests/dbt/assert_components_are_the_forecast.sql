-- Components = mart = frame: a fiscal year and account whose courses do not sum to mart_overrun, or a frame whose accounts
-- do not sum to it, to the øre. An unknown forecast is unknown in both.
{%- set columns = [
    'actual_to_date', 'actual_expenditure', 'actual_income', 'accrued_unposted', 'committed_remaining',
    'committed_internal', 'committed_next_year', 'pipeline_expected', 'pipeline_stale', 'spill_out', 'net_inflow',
    'price_hold_dkk',
] %}
with

component as (

    select
        fiscal_year,
        account_id,
        {%- for column in columns %}
        sum({{ column }}) as {{ column }},
        {%- endfor %}
        case when bool_and(forecast is not null) then sum(forecast) end as forecast
    from {{ ref('int_overrun__component') }}
    group by fiscal_year, account_id

),

frame as (

    select * from {{ ref('mart_overrun_frame') }}

),

account_of_frame as (

    select
        fiscal_year,
        frame_id,
        {%- for column in columns %}
        sum({{ column }}) as {{ column }},
        {%- endfor %}
        sum(forecast) as forecast
    from {{ ref('mart_overrun') }}
    group by fiscal_year, frame_id

)

select
    coalesce(account.fiscal_year, component.fiscal_year) as fiscal_year,
    coalesce(account.account_id, component.account_id) as key
from {{ ref('mart_overrun') }} as account
full join component
    on account.fiscal_year = component.fiscal_year
    and account.account_id = component.account_id
where account.forecast is distinct from component.forecast
    {%- for column in columns %}
    or coalesce(account.{{ column }}, 0) is distinct from component.{{ column }}
    {%- endfor %}

union all

select
    coalesce(frame.fiscal_year, account_of_frame.fiscal_year) as fiscal_year,
    coalesce(frame.frame_id, account_of_frame.frame_id) as key
from frame
full join account_of_frame
    on frame.fiscal_year = account_of_frame.fiscal_year
    and frame.frame_id = account_of_frame.frame_id
where frame.forecast is distinct from account_of_frame.forecast
    {%- for column in columns %}
    or frame.{{ column }} is distinct from account_of_frame.{{ column }}
    {%- endfor %}
