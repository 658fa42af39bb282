-- E03: money is spent or committed on an account this year, or comes in on it, and it has no budget (no row, or 0 after
-- supplements). Expenditure and income are held apart: one does not hide the other. Only once a budget of the year is
-- delivered; a malformed account is D05. One gap an account and year.
with

{{ gap_rule('E03') }},

budgeted as (

    select
        account_id,
        sum(corrected_budget_dkk) as budget_dkk
    from {{ ref('int_ledger__budget') }}
    where fiscal_year = year({{ as_of() }})
    group by account_id

),

year_of_budget as (

    select count(*) as budgeted_accounts from budgeted

),

spent as (

    select
        account_id,
        case when is_income then 0 else amount_dkk end as spent_dkk,
        case when is_income then -amount_dkk else 0 end as income_dkk,
        cast(0 as decimal(18, 2)) as committed_dkk,
        posted_on as occurred_on
    from {{ ref('fct_posting') }}
    where fiscal_year = year({{ as_of() }})
        and posted_on <= {{ as_of() }}
        and not is_balance

    union all

    select
        account_id,
        cast(0 as decimal(18, 2)) as spent_dkk,
        cast(0 as decimal(18, 2)) as income_dkk,
        left_dkk as committed_dkk,
        planned_on as occurred_on
    from {{ ref('fct_course_payment') }}
    where status = 'GRANTED'
        and is_current
        and not is_fictive
        and planned_on > {{ as_of() }}
        and year(planned_on) = year({{ as_of() }})

),

account as (

    select
        account_id,
        cast(sum(spent_dkk) as decimal(18, 2)) as spent_dkk,
        cast(sum(income_dkk) as decimal(18, 2)) as income_dkk,
        cast(sum(committed_dkk) as decimal(18, 2)) as committed_dkk,
        cast(greatest(sum(spent_dkk + committed_dkk), sum(income_dkk)) as decimal(18, 2)) as amount_dkk,
        min(occurred_on) as first_on
    from spent
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
    account.amount_dkk,
    account.first_on as occurred_on,
    'Kontoen har intet budget i ' || year({{ as_of() }}) || ': bogført ' || {{ dkk_da('account.spent_dkk') }}
        || ', disponeret for resten af året ' || {{ dkk_da('account.committed_dkk') }}
        || case when account.income_dkk <> 0 then ', indtægter ' || {{ dkk_da('account.income_dkk') }} else '' end as text_da

from account

cross join rule

cross join year_of_budget

left join budgeted
    on account.account_id = budgeted.account_id

where account.amount_dkk >= rule.threshold_dkk
    and coalesce(budgeted.budget_dkk, 0) = 0
    and year_of_budget.budgeted_accounts > 0
