-- A published list has as many rows as what it is made of, and sums to it, to the øre. A row is a list and a sum that do not
-- agree.
{%- set lists = [
    ['dim_activity', ref('stg_reference__activity'), ['count(*)', 'count(distinct activity_no)']],
    ['dim_section', ref('stg_reference__section'), ['count(*)', 'count(distinct section_id)']],
    ['dim_frame', ref('stg_reference__frame'), ['count(*)', 'count(distinct frame_id)']],
    ['dim_metric', ref('stg_reference__metric'), [
        'count(*)', 'bit_xor(hash(metric_id, table_name, expression, unit_da, decimals, sign_da, sort_order))',
    ]],
    ['dim_bridge_part', ref('stg_reference__bridge_part'), ['count(*)', 'bit_xor(hash(part, name_da, cause_group, sort_order))']],
    ['steward_gap_rule', ref('int_gap__rule_status'), ['count(distinct rule_id)', 'count(*) filter (where is_run)']],
    ['mart_forecast_factor', ref('int_overrun__development'), [
        'count(*)', 'sum(known_dkk)', 'sum(became_dkk)', 'sum(factor_raw)', 'sum(factor)', 'sum(factor_to_end)',
    ]],
    ['mart_price_change', ref('int_review__price_change'), [
        'sum(effect_year_dkk)', 'sum(effect_to_date_dkk)', 'sum(full_year_effect_dkk)',
    ]],
    ['mart_state_refund', ref('int_state_refund__child'), [
        'sum(cost_dkk)', 'sum(net_cost_dkk)', 'sum(expected_cost_dkk)', 'sum(expected_net_cost_dkk)', 'sum(entitled_dkk)',
        'sum(entitled_expected_dkk)', 'sum(claimed_dkk) filter (where refund_level is not null)',
    ]],
] %}
{%- for mart, source, sums in lists %}
{{ 'union all' if not loop.first }}

select
    '{{ mart }}' as list
from (
    select
        {%- for sum in sums %}
        {{ sum }} as sum_{{ loop.index }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref(mart) }}
) as list
cross join (
    select
        {%- for sum in sums %}
        {{ sum }} as sum_{{ loop.index }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ source }}
) as source
where false
    {%- for sum in sums %}
    or list.sum_{{ loop.index }} is distinct from source.sum_{{ loop.index }}
    {%- endfor %}
{%- endfor %}

union all

-- the calendar has every day
select 'dim_date' as list
from {{ ref('dim_date') }}
having count(*) <> max(date_on) - min(date_on) + 1
    or min(date_on) > {{ as_of() }}
    or max(date_on) < {{ as_of() }}

union all

-- what is said of how whole the data are is said of the postings that were looked at, and of the commitments that are due
select 'mart_data_trust' as list
from (
    select
        sum(activity_dkk) as activity_dkk,
        sum(without_course_dkk) as without_course_dkk,
        sum(without_course_postings) as without_course_postings,
        sum(due_dkk) as due_dkk,
        sum(without_invoice_dkk) as without_invoice_dkk
    from {{ ref('mart_data_trust') }}
) as trust
cross join (
    select
        sum(posting.amount_dkk) as activity_dkk,
        coalesce(sum(posting.amount_dkk) filter (where matched.course_id is null), 0) as without_course_dkk,
        count(*) filter (where matched.course_id is null) as without_course_postings
    from (select posting_id, max(course_id) as course_id from {{ ref('fct_posting_match') }} group by posting_id) as matched
    inner join {{ ref('fct_posting') }} as posting
        on matched.posting_id = posting.posting_id
    inner join {{ ref('dim_account') }} as account
        on posting.account_id = account.account_id
        and account.is_activity_account
) as matched
cross join (
    select
        coalesce(sum(left_dkk) filter (where commitment.is_due), 0) as without_invoice_dkk,
        coalesce(sum(committed_dkk) filter (where commitment.is_due), 0) as due_dkk
    from {{ ref('mart_commitments') }} as commitment
    semi join {{ ref('mart_overrun_frame') }} as frame
        on year(commitment.month) = frame.fiscal_year
        and commitment.frame_id = frame.frame_id
) as due
where trust.activity_dkk <> matched.activity_dkk
    or trust.without_course_dkk <> matched.without_course_dkk
    or trust.without_course_postings <> matched.without_course_postings
    or trust.due_dkk <> due.due_dkk
    or trust.without_invoice_dkk <> due.without_invoice_dkk

union all

-- what gaps, open and closed, say of money is what the rules said last
select 'mart_registration_gap' as list
from {{ ref('mart_registration_gap') }} as gap
inner join {{ ref('int_gap__hit') }} as hit
    on gap.gap_id = hit.gap_id
where gap.amount_dkk is distinct from hit.amount_dkk
    or gap.rule_id <> hit.rule_id
    or gap.course_id is distinct from hit.course_id
    or gap.posting_id is distinct from hit.posting_id

union all

select 'mart_registration_gap' as list
from {{ ref('int_gap__hit') }} as hit
where hit.gap_id not in (select gap.gap_id from {{ ref('mart_registration_gap') }} as gap)

union all

select 'mart_unpaid_invoice' as list
from (select sum(invoices) as invoices, max(overdue_days_max) as days from {{ ref('mart_unpaid_invoice') }}) as team
cross join (
    select
        count(*) as invoices,
        max(overdue_days) as days
    from {{ ref('int_ledger__unpaid_invoice') }}
    where overdue_days > 0
) as unpaid
where team.invoices <> unpaid.invoices
    or team.days is distinct from unpaid.days

union all

select 'mart_review_list' as list
from {{ ref('mart_review_list') }} as list
inner join {{ ref('int_review__course') }} as course
    on list.course_id = course.course_id
where list.price_day is distinct from course.price_day
    or list.price_month_dkk is distinct from course.price_month_dkk
    or list.robust_score is distinct from course.robust_score
    or list.cost_to_date_dkk is distinct from course.cost_to_date_dkk
    or list.rest_of_year_dkk is distinct from course.rest_of_year_dkk

union all

select 'mart_overrun_month' as list
from (
    select
        *,
        lag(budget_cumulated_dkk, 1, 0) over frame_year as budget_before,
        lag(actual_cumulated_dkk, 1, 0) over frame_year as actual_before,
        lag(granted_cumulated_dkk, 1, 0) over frame_year as granted_before,
        lag(expected_cumulated_dkk, 1, 0) over frame_year as expected_before
    from {{ ref('mart_overrun_month') }}
    window frame_year as (partition by fiscal_year, frame_id order by month)
) as month
where budget_cumulated_dkk - budget_before <> budget_dkk
    or actual_cumulated_dkk - actual_before <> actual_dkk
    or granted_cumulated_dkk - granted_before <> granted_dkk
    or expected_cumulated_dkk - expected_before <> actual_dkk + to_come_dkk
