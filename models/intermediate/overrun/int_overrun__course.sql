-- Fiscal year x account x course: what the forecast of the running year is made of, and what was posted in each year.
-- The row without a course holds the postings that no course is known for, so that every ledger krone is in one row.
{%- set columns = [
    'actual_to_date', 'actual_expenditure', 'actual_income', 'actual_closed', 'accrued_unposted', 'committed_remaining',
    'committed_internal', 'committed_next_year', 'pipeline_expected', 'pipeline_stale', 'spill_out', 'price_hold_dkk',
] %}
select
    fiscal_year,
    account_id,
    course_id,
    {%- for column in columns %}
    cast(coalesce(sum({{ column }}), 0) as decimal(18, 2)) as {{ column }},
    {%- endfor %}
    coalesce(bool_or(has_granted_payment), false) as has_granted_payment
from {{ ref('int_overrun__line') }}
group by fiscal_year, account_id, course_id
