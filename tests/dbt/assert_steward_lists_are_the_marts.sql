-- What stewards work from is what is published: the gaps that are not closed, column by column; the children's refunds sum
-- to the municipality's; the postings without a course are the ledger's.
{%- set columns = [
    'gap_id', 'kind', 'rule_id', 'severity', 'course_id', 'posting_id', 'account_id', 'team_id', 'amount_dkk', 'occurred_on',
    'first_seen_on', 'reopened_on', 'last_seen_on', 'status', 'is_backlog', 'due_on', 'age_days', 'decision', 'decided_on',
    'waived_until_on', 'text_da',
] %}
with

-- what names no child stands in no child's row
refund as (

    select
        fiscal_year,
        entitled_dkk,
        entitled_expected_dkk,
        claimed_dkk,
        difference_dkk
    from {{ ref('mart_state_refund') }}
    where refund_level is not null

    union all

    select
        fiscal_year,
        -entitled_dkk,
        -entitled_expected_dkk,
        -claimed_dkk,
        -difference_dkk
    from {{ ref('steward_state_refund') }}

)

select
    coalesce(gap.gap_id, worklist.gap_id) as key,
    'gap' as what
from (select * from {{ ref('mart_registration_gap') }} where status <> 'closed') as gap
full join {{ ref('steward_registration_gap') }} as worklist
    on gap.gap_id = worklist.gap_id
where false
    {%- for column in columns %}
    or gap.{{ column }} is distinct from worklist.{{ column }}
    {%- endfor %}

union all

select
    cast(fiscal_year as varchar) as key,
    'refund' as what
from refund
group by fiscal_year
having sum(entitled_dkk) <> 0
    or sum(entitled_expected_dkk) <> 0
    or sum(claimed_dkk) <> 0
    or sum(difference_dkk) <> 0

union all

select
    unmatched.posting_id as key,
    'posting' as what
from {{ ref('steward_unmatched_posting') }} as unmatched
left join {{ ref('fct_posting') }} as posting
    on unmatched.posting_id = posting.posting_id
where unmatched.posted_on is distinct from posting.posted_on
    or unmatched.account_id is distinct from posting.account_id
    or abs(unmatched.amount_dkk) > abs(posting.amount_dkk)

union all

select
    unmatched.posting_id as key,
    'missing' as what
from {{ ref('fct_posting_match') }} as unmatched
where unmatched.course_payment_id is null
    and unmatched.posting_id not in (select listed.posting_id from {{ ref('steward_unmatched_posting') }} as listed)
