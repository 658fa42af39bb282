-- What must hold within one row of a published table, between its own columns. A row is a table and a condition that some of
-- its rows do not meet; where a part of it is unknown, it is met.
{%- set calendar = [
    "month_start_on = date_trunc('month', date_on)", 'month_end_on = last_day(date_on)', 'year = year(date_on)',
    'quarter_no = quarter(date_on)', 'month_no = month(date_on)', 'weekday_no = isodow(date_on)',
    'days_in_month = day(month_end_on)', 'days_in_year = dayofyear(make_date(year, 12, 31))',
    'is_workday = (weekday_no < 6 and holiday_name_da is null)',
] %}
{%- set conditions = {
    'dim_date': calendar,
    'dim_course': [
        'first_seen_on <= last_seen_on', 'first_seen_granted_on >= first_seen_on', 'first_granted_on <= granted_on',
        'end_on >= start_on or course_days = 0',
    ],
    'fct_posting': ['(part_no is null) = (part_count is null)', 'part_no <= part_count'],
    'mart_overrun_frame': [
        'budget_corrected = budget_original + budget_supplementary + budget_transfer',
        'expected_overrun = forecast - budget_corrected',
        'expected_overrun_with_plan = forecast_with_plan - budget_corrected',
    ],
    'mart_commitments': ['fiscal_year = year(month)', 'is_due = (month <= as_of)'],
    'mart_unit_price': [
        'cost_net_dkk = cost_total_dkk + coalesce(income_inter_municipal_dkk, 0) + coalesce(income_refund_dkk, 0)'
        ~ ' + coalesce(income_parents_dkk, 0)',
        'new_courses <= active_courses', 'ended_courses <= active_courses', 'is_unattached or child_days <= course_days',
        'course_days_on_hold between 0 and course_days',
    ],
    'mart_consequence': [
        'net_effect_dkk = own_effect_dkk + others_effect_dkk', 'net_expected_dkk = own_expected_dkk + others_expected_dkk',
        'abs(expected_dkk - effect_dkk * probability_pct / 100) <= 0.01',
        'cost_beyond_dkk = courses_cost_dkk - effect_dkk', 'courses_cost_dkk = courses_actual_dkk + courses_committed_dkk',
    ],
    'mart_price_change': [
        'fiscal_year = year(effective_on)', "month = date_trunc('month', effective_on)", 'is_coming = (effective_on > as_of)',
        'change_pct between lowest_change_pct and highest_change_pct', '(new_price > old_price) = is_increase',
    ],
    'mart_review_list': [
        'measure_days = as_of - measure_since_on + 1',
        'abs(above_median_pct - (price_month_dkk - group_median_dkk) * 100 / group_median_dkk) < 0.01',
    ],
    'mart_agreement': ['days_left = renegotiate_by_on - as_of'],
    'mart_registration_gap': [
        'age_days = coalesce(closed_on, ' ~ as_of() ~ ') - first_seen_on',
        "(status = 'overdue') = (status in ('open', 'overdue') and due_on < " ~ as_of() ~ ')',
        '(decision is null) = (decided_on is null)',
    ],
    'mart_registration_gap_summary': [
        'overdue <= open_at_end', 'waived <= open_at_end', 'to_mend <= open_at_end', 'to_mend_overdue <= to_mend',
    ],
    'mart_savings_initiative': [
        "is_overdue = (deadline_on < as_of and status not in ('DONE', 'DROPPED'))",
    ],
    'mart_control_risk': ["(risk_class = 'high') = (follow_up_rhythm = 'weekly')"],
    'mart_run_status': ["subject not in ('mart', 'rule') or (status = 'run') = (reason is null)"],
    'mart_unpaid_invoice': [
        'long_overdue_invoices <= invoices', 'overdue_days_avg <= overdue_days_max',
        'overdue_days_max = as_of - oldest_due_on',
    ],
} %}
{%- for mart, of_mart in conditions.items() %}
{%- set outer_loop = loop %}
{%- for condition in of_mart %}
{{ 'union all' if not (outer_loop.first and loop.first) }}

select
    '{{ mart }}' as mart,
    {{ loop.index }} as condition_no,
    count(*) as rows_that_do_not
from {{ ref(mart) }}
where not ({{ condition }})
having count(*) > 0
{%- endfor %}
{%- endfor %}
