-- E05: nothing says which frame an account with postings or budget belongs to, or whether it lies inside the service frame:
-- no rule of the seed frame_account_rule or service_frame_rule takes it in that year. Only years that are open; a malformed
-- account is D05 or D06. One gap an account.
with

{{ gap_rule('E05') }},

used as (

    select
        fiscal_year,
        account_id,
        amount_dkk,
        posted_on as seen_on
    from {{ ref('fct_posting') }}
    where posted_on <= {{ as_of() }}
        and not is_balance

    union all

    select
        fiscal_year,
        account_id,
        cast(0 as decimal(18, 2)) as amount_dkk,
        decided_on as seen_on
    from {{ ref('int_ledger__budget') }}

),

account as (

    select
        used.account_id,
        bool_or(not account_year.has_frame_rule) as is_without_frame,
        bool_or(account_year.is_service_frame is null) as is_unclear,
        cast(sum(used.amount_dkk) as decimal(18, 2)) as amount_dkk,
        min(used.seen_on) as first_on
    from used
    inner join {{ ref('int_gap__open_year') }} as open_year
        on used.fiscal_year = open_year.fiscal_year
    inner join {{ ref('int_account__year') }} as account_year
        on used.fiscal_year = account_year.fiscal_year
        and used.account_id = account_year.account_id
    where not account_year.has_frame_rule
        or account_year.is_service_frame is null
    group by used.account_id

)

select
    rule.rule_id,
    account.account_id as business_key,
    rule.severity,
    cast(null as varchar) as course_id,
    cast(null as varchar) as posting_id,
    account.account_id,
    cast(null as varchar) as team_id,
    cast(null as varchar) as provider_id,
    cast(null as varchar) as document_no,
    account.amount_dkk,
    account.first_on as occurred_on,
    'Funktion ' || chart.function_no || ', dranst ' || chart.dranst_no || ' har ingen regel for '
        || concat_ws(
            ' eller ',
            case when account.is_without_frame then 'bevillingsrammen' end,
            case when account.is_unclear then 'servicerammen' end
        ) || ' (bogført ' || {{ dkk_da('account.amount_dkk') }} || ').' as text_da

from account

inner join {{ ref('dim_account') }} as chart
    on account.account_id = chart.account_id
    and chart.is_valid_format

cross join rule
