-- E12: what is posted on a frame's activity accounts in an open year and no step of the matching found a course for is
-- more than the threshold's share of what is posted on the frame: the lines of A01 and A02, and those that several courses
-- fit equally well. One gap a frame and year.
with

{{ gap_rule('E12') }},

posted as (

    select
        posting.fiscal_year,
        account.frame_id,
        cast(sum(posting.amount_dkk) as decimal(18, 2)) as total_dkk,
        cast(
            coalesce(sum(unmatched.open_dkk), 0) as decimal(18, 2)
        ) as amount_dkk,
        count(unmatched.posting_id) as postings,
        min(posting.posted_on) filter (where unmatched.posting_id is not null) as first_on
    from {{ ref('fct_posting') }} as posting
    inner join {{ ref('int_gap__open_year') }} as open_year
        on posting.fiscal_year = open_year.fiscal_year
    inner join {{ ref('int_account__year') }} as account
        on posting.fiscal_year = account.fiscal_year
        and posting.account_id = account.account_id
    left join {{ ref('int_gap__open_posting') }} as unmatched
        on posting.posting_id = unmatched.posting_id
        and unmatched.open_kind <> 'beyond_plan'
    where not posting.is_balance
        and posting.posted_on <= {{ as_of() }}
    group by posting.fiscal_year, account.frame_id

)

select
    rule.rule_id,
    posted.frame_id || '|' || posted.fiscal_year as business_key,
    rule.severity,
    cast(null as varchar) as course_id,
    cast(null as varchar) as posting_id,
    cast(null as varchar) as account_id,
    cast(null as varchar) as team_id,
    cast(null as varchar) as provider_id,
    cast(null as varchar) as document_no,
    posted.amount_dkk,
    posted.first_on as occurred_on,
    'Ramme ' || posted.frame_id || ' har ' || {{ dkk_da('posted.amount_dkk') }} || ' uden kobling i ' || posted.fiscal_year
        || ' ud af ' || {{ dkk_da('posted.total_dkk') }} || ' (posteringer: ' || posted.postings || ').' as text_da

from posted

cross join rule

where posted.amount_dkk > 0
    and posted.amount_dkk * 100 > posted.total_dkk * rule.threshold_pct
