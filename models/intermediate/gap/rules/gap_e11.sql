-- E11: the postings of a year and frame in mart_overrun do not sum to the ledger's lines. An error of the warehouse, never
-- of a steward: data tests stop the publication on it, and the rule says where it is. One gap a year and frame.
with

{{ gap_rule('E11') }},

ledger as (

    select
        posting.fiscal_year,
        account.frame_id,
        sum(posting.amount_dkk) as ledger_dkk,
        cast(0 as decimal(18, 2)) as mart_dkk
    from {{ ref('int_ledger__posting') }} as posting
    left join {{ ref('int_account__year') }} as account
        on posting.fiscal_year = account.fiscal_year
        and posting.account_id = account.account_id
    where not posting.is_balance
        and posting.posted_on <= {{ as_of() }}
    group by posting.fiscal_year, account.frame_id

),

mart as (

    select
        fiscal_year,
        frame_id,
        cast(0 as decimal(18, 2)) as ledger_dkk,
        sum(actual_to_date) as mart_dkk
    from {{ ref('mart_overrun') }}
    group by fiscal_year, frame_id

),

side as (

    select * from ledger
    union all
    select * from mart

),

compared as (

    select
        fiscal_year,
        coalesce(frame_id, 'uden ramme') as frame_id,
        cast(sum(ledger_dkk) as decimal(18, 2)) as ledger_dkk,
        cast(coalesce(sum(mart_dkk), 0) as decimal(18, 2)) as mart_dkk
    from side
    group by fiscal_year, coalesce(frame_id, 'uden ramme')

)

select
    rule.rule_id,
    compared.frame_id || '|' || compared.fiscal_year as business_key,
    rule.severity,
    cast(null as varchar) as course_id,
    cast(null as varchar) as posting_id,
    cast(null as varchar) as account_id,
    cast(null as varchar) as team_id,
    cast(null as varchar) as provider_id,
    cast(null as varchar) as document_no,
    cast(abs(compared.mart_dkk - compared.ledger_dkk) as decimal(18, 2)) as amount_dkk,
    {{ as_of() }} as occurred_on,
    'Ramme ' || compared.frame_id || ' i ' || compared.fiscal_year || ': datavarehuset har '
        || {{ dkk_da('compared.mart_dkk') }} || ', regnskabet ' || {{ dkk_da('compared.ledger_dkk') }} as text_da

from compared

cross join rule

where compared.mart_dkk <> compared.ledger_dkk
