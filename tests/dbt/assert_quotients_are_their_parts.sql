-- A share, price or average stands beside what it is divided from: divided again, it is the same. A row is a quotient that
-- is not.
{%- set quotients = [
    ['mart_overrun', 'expected_overrun_pct', divide('expected_overrun * 100', 'nullif(greatest(budget_corrected, 0), 0)')],
    ['mart_overrun_frame', 'expected_overrun_pct', divide('expected_overrun * 100', 'nullif(greatest(budget_corrected, 0), 0)')],
    ['mart_data_trust', 'without_course_pct', divide('without_course_dkk * 100', 'activity_dkk')],
    ['mart_data_trust', 'without_invoice_pct', divide('without_invoice_dkk * 100', 'due_dkk')],
    ['mart_forecast_backtest', 'bias_dkk', divide('said_dkk - came_dkk', 'observations')],
    ['mart_forecast_backtest', 'bias_pct', divide('(said_dkk - came_dkk) * 100', 'nullif(greatest(came_dkk, 0), 0)')],
    ['mart_occupancy', 'occupancy_pct', divide('child_days * 100', 'place_days')],
    ['mart_measure_month', 'average_number', divide('child_days', 'day(last_day(month))', 4)],
    ['mart_placement_flow', 'average_number', divide('child_days', 'day(last_day(month))', 4)],
    ['mart_measure_month', 'full_year_persons', divide('child_days', 'dayofyear(make_date(year(month), 12, 31))', 6)],
    ['mart_placement_flow', 'full_year_persons', divide('child_days', 'dayofyear(make_date(year(month), 12, 31))', 6)],
    ['mart_homecoming', 'again_year_pct', divide('again_year * 100', 'homecomings')],
    ['mart_caseworker_change', 'changes_per_child', divide('changes_12_months', 'children', 4)],
    ['mart_unit_price', 'full_year_equivalents', divide('course_days', 'dayofyear(make_date(year(month), 12, 31))', 6)],
    ['mart_unit_price', 'unit_price_day', divide('cost_total_dkk', 'case when is_covered then course_days end', 8, digits=28)],
    ['mart_unit_price', 'unit_price_day_paid', divide('cost_paid_dkk', 'case when is_covered then course_days end', 8, digits=28)],
    ['mart_unit_price', 'unit_price_day_posted', divide('cost_posted_dkk', 'case when is_covered then course_days end', 8, digits=28)],
    ['mart_unit_price', 'unit_price_day_net', divide('cost_net_dkk', 'case when is_covered then course_days end', 8, digits=28)],
    ['mart_unit_price', 'avg_duration_days', divide('ended_duration_days', 'ended_courses')],
    ['mart_unit_price_public', 'unit_price_day', divide('cost_total_dkk', 'course_days', 8, digits=28)],
    ['mart_unit_price_public', 'full_year_equivalents', divide('course_days', 'dayofyear(make_date(year(quarter), 12, 31))', 6)],
    ['mart_unit_price_public', 'unit_price_year', divide('cost_total_dkk * dayofyear(make_date(year(quarter), 12, 31))', 'course_days')],
] %}
{%- for mart, column, quotient in quotients %}
{{ 'union all' if not loop.first }}

select
    '{{ mart }}.{{ column }}' as what,
    count(*) as rows_that_differ
from {{ ref(mart) }}
where {{ column }} is distinct from {{ quotient }}
having count(*) > 0
{%- endfor %}
