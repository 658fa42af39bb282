-- E02: documents on an account that is granted nothing: the year's budget of the account is 0 after supplements, and money
-- is posted on it or an invoice waits for it; or an invoice waits for an account without any budget row. What is posted or
-- committed without a row is E03. Only once a budget of the year is delivered. One gap an account and year.
with

{{ gap_rule('E02') }},

budgeted as (

    select
        account_id,
        sum(corrected_budget_dkk) as budget_dkk
    from {{ ref('int_ledger__budget') }}
    where fiscal_year = year({{ as_of() }})
    group by account_id

),

document as (

    select
        account_id,
        amount_dkk as posted_dkk,
        cast(0 as decimal(18, 2)) as waiting_dkk,
        posted_on as seen_on
    from {{ ref('fct_posting') }}
    where fiscal_year = year({{ as_of() }})
        and posted_on <= {{ as_of() }}
        and not is_balance

    union all

    select
        account_id,
        cast(0 as decimal(18, 2)) as posted_dkk,
        amount_dkk as waiting_dkk,
        received_on as seen_on
    from {{ ref('fct_invoice') }}
    where invoice_status <> 'POSTED'

),

account as (

    select
        account_id,
        cast(sum(posted_dkk) as decimal(18, 2)) as posted_dkk,
        cast(sum(waiting_dkk) as decimal(18, 2)) as waiting_dkk,
        min(seen_on) as first_on
    from document
    where regexp_full_match(account_id, '[0-9]{9}-[0-9]{6}')
    group by account_id

)

select
    rule.rule_id,
    account.account_id || '|' || year({{ as_of() }}) as business_key,
    rule.severity,
    cast(null as varchar) as course_id,
    cast(null as varchar) as posting_id,
    account.account_id,
    cast(null as varchar) as team_id,
    cast(null as varchar) as provider_id,
    cast(null as varchar) as document_no,
    cast(account.posted_dkk + account.waiting_dkk as decimal(18, 2)) as amount_dkk,
    account.first_on as occurred_on,
    case
        when budgeted.budget_dkk = 0 then 'Kontoens budget i ' || year({{ as_of() }}) || ' er 0 kr.'
        else 'Kontoen er ikke i budgettet for ' || year({{ as_of() }})
    end || ': bogført ' || {{ dkk_da('account.posted_dkk') }} || ', modtagne fakturaer '
        || {{ dkk_da('account.waiting_dkk') }} as text_da

from account

cross join rule

left join budgeted
    on account.account_id = budgeted.account_id

where (select count(*) from budgeted) > 0
    and (
        (budgeted.budget_dkk = 0 and (account.posted_dkk <> 0 or account.waiting_dkk <> 0))
        or (budgeted.account_id is null and account.waiting_dkk <> 0)
    )
