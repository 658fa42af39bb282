-- D08: more than the threshold's share of what is posted on a function this year stands on grouping 999. Only years that
-- are open for re-posting. One gap a function and year.
with

{{ gap_rule('D08') }},

posted as (

    select
        posting.fiscal_year,
        account.function_no,
        cast(sum(posting.amount_dkk) as decimal(18, 2)) as total_dkk,
        cast(
            coalesce(sum(posting.amount_dkk) filter (where account.grouping_no = '999'), 0) as decimal(18, 2)
        ) as amount_dkk,
        min(posting.account_id) filter (where account.grouping_no = '999') as account_id,
        min(posting.posted_on) filter (where account.grouping_no = '999') as first_on
    from {{ ref('fct_posting') }} as posting
    inner join {{ ref('int_gap__open_year') }} as open_year
        on posting.fiscal_year = open_year.fiscal_year
    inner join {{ ref('dim_account') }} as account
        on posting.account_id = account.account_id
    where not posting.is_balance
        and posting.posted_on <= {{ as_of() }}
        and account.function_no is not null
    group by posting.fiscal_year, account.function_no

)

select
    rule.rule_id,
    posted.function_no || '|' || posted.fiscal_year as business_key,
    rule.severity,
    cast(null as varchar) as course_id,
    cast(null as varchar) as posting_id,
    posted.account_id,
    cast(null as varchar) as team_id,
    cast(null as varchar) as provider_id,
    cast(null as varchar) as document_no,
    posted.amount_dkk,
    posted.first_on as occurred_on,
    'Funktion ' || posted.function_no || ' har ' || {{ dkk_da('posted.amount_dkk') }} || ' på gruppering 999 ud af '
        || {{ dkk_da('posted.total_dkk') }} || ' i ' || posted.fiscal_year || '.' as text_da

from posted

cross join rule

where posted.amount_dkk > 0
    and posted.amount_dkk * 100 > posted.total_dkk * rule.threshold_pct
