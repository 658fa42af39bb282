-- E07: what the ledger has posted for a child in a year is over the first threshold of the state's refund for particularly
-- expensive cases (BL § 198, SEL § 176), and no refund (dranst 2) is posted for the child. Counted from the day on which
-- the cost passed the threshold, as refunds are claimed by the quarter. A year without thresholds of its own takes those of
-- the year before. Siblings of one household, who may be summed, are not known here. Last year's refund can still be
-- claimed. One gap a child and year; the key is a hash of the pseudonym, which is not published.
with

{{ gap_rule('E07') }},

posting as (

    select
        posting.posting_id,
        posting.fiscal_year,
        posting.posted_on,
        posting.amount_dkk,
        posting.person_key,
        account.dranst_no
    from {{ ref('int_ledger__posting') }} as posting
    inner join {{ ref('dim_account') }} as account
        on posting.account_id = account.account_id
    where posting.fiscal_year between year({{ as_of() }}) - 1 and year({{ as_of() }})
        and posting.posted_on <= {{ as_of() }}
        and not posting.is_balance

),

cost as (

    select
        posting.fiscal_year,
        course.child_key,
        posting.posted_on,
        sum(match.allocated_dkk) as cost_dkk
    from {{ ref('fct_posting_match') }} as match
    inner join posting
        on match.posting_id = posting.posting_id
        and posting.dranst_no = '1'
    inner join {{ ref('int_bos__course') }} as course
        on match.course_id = course.course_id
    where course.child_key is not null
    group by posting.fiscal_year, course.child_key, posting.posted_on

),

refunded as (

    select distinct
        fiscal_year,
        person_key as child_key
    from posting
    where dranst_no = '2'
        and person_key is not null

),

threshold as (

    select
        fiscal_year as valid_from_year,
        lead(fiscal_year) over (partition by level_no order by fiscal_year) as valid_before_year,
        above_dkk,
        min(above_dkk) over (partition by fiscal_year) as first_above_dkk,
        -- each level adds the points that it has above the one below
        refund_pct - lag(refund_pct, 1, 0) over (partition by fiscal_year order by level_no) as added_pct
    from {{ ref('stg_reference__state_refund_threshold') }}

),

level as (

    select
        refund_year.fiscal_year,
        threshold.above_dkk,
        threshold.first_above_dkk,
        threshold.added_pct
    from (select distinct fiscal_year from posting) as refund_year
    inner join threshold
        on refund_year.fiscal_year >= threshold.valid_from_year
        and coalesce(refund_year.fiscal_year < threshold.valid_before_year, true)

),

child_day as (

    select
        *,
        sum(cost_dkk) over (partition by fiscal_year, child_key order by posted_on) as cost_to_date_dkk
    from cost

),

child as (

    select
        child_day.fiscal_year,
        child_day.child_key,
        cast(sum(child_day.cost_dkk) as decimal(18, 2)) as cost_dkk,
        min(child_day.posted_on) filter (
            where child_day.cost_to_date_dkk > first_level.first_above_dkk
        ) as passed_on
    from child_day
    inner join (select distinct fiscal_year, first_above_dkk from level) as first_level
        on child_day.fiscal_year = first_level.fiscal_year
    group by child_day.fiscal_year, child_day.child_key

),

due as (

    select
        child.fiscal_year,
        child.child_key,
        child.cost_dkk,
        child.passed_on,
        {{ money('sum(greatest(child.cost_dkk - level.above_dkk, 0) * level.added_pct / 100)') }} as refund_dkk
    from child
    inner join level
        on child.fiscal_year = level.fiscal_year
    group by child.fiscal_year, child.child_key, child.cost_dkk, child.passed_on

)

select
    rule.rule_id,
    {{ gap_id('rule.rule_id', "due.child_key || '|' || due.fiscal_year") }} as business_key,
    rule.severity,
    course.course_id,
    cast(null as varchar) as posting_id,
    cast(null as varchar) as account_id,
    course.team_id,
    cast(null as varchar) as provider_id,
    cast(null as varchar) as document_no,
    due.refund_dkk as amount_dkk,
    due.passed_on as occurred_on,
    'Bogført udgift i ' || due.fiscal_year || ' er ' || {{ dkk_da('due.cost_dkk') }}
        || '; statsrefusionen er skønnet til ' || {{ dkk_da('due.refund_dkk') }}
        || ', og der er ikke bogført refusion (dranst 2).' as text_da

from due

cross join rule

anti join refunded
    on due.fiscal_year = refunded.fiscal_year
    and due.child_key = refunded.child_key

left join {{ ref('int_gap__course_of_child') }} as course
    on due.child_key = course.child_key

where due.refund_dkk > 0
    and due.passed_on <= {{ as_of() }} - rule.threshold_days
