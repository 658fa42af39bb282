-- D06: money is posted on an account whose function or grouping is not in the chart of the posting's year. Only years that
-- are open for re-posting. One gap a main account and year; an account that cannot be read as one is listed as it stands.
with

{{ gap_rule('D06') }},

chart as (

    select
        account.main_account_no,
        greatest(account.valid_from, account_function.valid_from) as valid_from,
        least(account.valid_to, account_function.valid_to) as valid_to
    from {{ ref('stg_reference__account') }} as account
    inner join {{ ref('stg_reference__account_function') }} as account_function
        on account.function_no = account_function.function_no

),

posted as (

    select
        posting.fiscal_year,
        coalesce(account.main_account_no, posting.account_id) as main_account_no,
        min(account.function_no) as function_no,
        min(posting.account_id) as account_id,
        count(*) as postings,
        cast(sum(posting.amount_dkk) as decimal(18, 2)) as amount_dkk,
        min(posting.posted_on) as first_on
    from {{ ref('fct_posting') }} as posting
    inner join {{ ref('int_gap__open_year') }} as open_year
        on posting.fiscal_year = open_year.fiscal_year
    inner join {{ ref('dim_account') }} as account
        on posting.account_id = account.account_id
    where not posting.is_balance
        and posting.posted_on <= {{ as_of() }}
    group by posting.fiscal_year, coalesce(account.main_account_no, posting.account_id)

),

judged as (

    select
        posted.*,
        account_function.function_no is not null as is_known_function
    from posted
    anti join chart
        on posted.main_account_no = chart.main_account_no
        and make_date(posted.fiscal_year, 12, 31) >= chart.valid_from
        and make_date(posted.fiscal_year, 1, 1) <= coalesce(chart.valid_to, make_date(posted.fiscal_year, 1, 1))
    left join {{ ref('stg_reference__account_function') }} as account_function
        on posted.function_no = account_function.function_no

)

select
    rule.rule_id,
    judged.main_account_no || '|' || judged.fiscal_year as business_key,
    rule.severity,
    cast(null as varchar) as course_id,
    cast(null as varchar) as posting_id,
    judged.account_id,
    cast(null as varchar) as team_id,
    cast(null as varchar) as provider_id,
    cast(null as varchar) as document_no,
    judged.amount_dkk,
    judged.first_on as occurred_on,
    case
        when judged.function_no is null then 'Kontoen "' || judged.main_account_no || '" kan ikke læses som funktion og gruppering'
        when judged.is_known_function
            then 'Hovedkonto ' || judged.main_account_no || ' (gruppering ' || substr(judged.main_account_no, 7)
            || ' på funktion ' || judged.function_no || ') er ikke i kontoplanen for ' || judged.fiscal_year
        else 'Hovedkonto ' || judged.main_account_no || ': funktion ' || judged.function_no
            || ' er ikke i kontoplanen for ' || judged.fiscal_year
    end || ' (posteringer: ' || judged.postings || ').' as text_da

from judged

cross join rule
