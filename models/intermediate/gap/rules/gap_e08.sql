-- E08: number, price or duration of the courses is off the budget's assumption by more than the threshold, to the same
-- side, in each of the last months (number: threshold_count) that are over at the as-of date; of an assumption of money
-- alone, its cost. mart_budget_assumption_month is what is watched: it judges. One gap an assumption, whatever the number
-- of values that are off; after New Year the old year's stand until a month of the new one is over.
{%- set values = [
    ('number', 'forløb', 'average_courses', 'activated_courses'),
    ('price', 'pris pr. dag', 'unit_price_day', 'assumed_unit_price_day'),
    ('duration', 'varighed i dage', 'avg_duration_to_date_days', 'assumed_duration_days'),
    ('cost', 'udgift i måneden', 'cost_dkk', 'assumed_month_cost_dkk'),
] %}
with

{{ gap_rule('E08') }},

assumption_month as (

    select
        *,
        sum(cost_dkk) over assumption as cost_to_date_dkk,
        sum(assumed_month_cost_dkk) over assumption as assumed_to_date_dkk
    from {{ ref('mart_budget_assumption_month') }}
    where is_assumed
        and fiscal_year = year({{ newest_month_end() }})
    window assumption as (partition by activity_no, provider_kind, target_group order by month)

),

reportable as (

    select *
    from assumption_month
    where is_reportable
        and last_day(month) = {{ newest_month_end() }}

),

off as (

    {% for measure, measure_da, found, assumed in values %}
    select
        reportable.fiscal_year,
        reportable.activity_no,
        reportable.provider_kind,
        reportable.target_group,
        reportable.report_by_da,
        reportable.cost_to_date_dkk - reportable.assumed_to_date_dkk as off_dkk,
        cast(date_trunc('month', reportable.month) - to_months(abs(reportable.{{ measure }}_months_over) - 1) as date)
            as since_on,
        '{{ measure_da }} ' || {{ number_da('reportable.' ~ found) }} || ' mod forudsat ' || {{ number_da('reportable.' ~ assumed) }}
            as off_da
    from reportable
    cross join rule
    where abs(reportable.{{ measure }}_months_over) >= rule.threshold_count
    {% if not loop.last %}union all
    {% endif %}
    {%- endfor %}

)

select
    rule.rule_id,
    concat_ws(
        '|',
        off.fiscal_year,
        off.activity_no,
        replace(off.provider_kind, 'all', '*'),
        case off.target_group when 'all' then '*' else off.target_group end
    ) as business_key,
    rule.severity,
    cast(null as varchar) as course_id,
    cast(null as varchar) as posting_id,
    cast(null as varchar) as account_id,
    cast(null as varchar) as team_id,
    cast(null as varchar) as provider_id,
    cast(null as varchar) as document_no,
    cast(abs(min(off.off_dkk)) as decimal(18, 2)) as amount_dkk,
    min(off.since_on) as occurred_on,
    'Aktivitet ' || off.activity_no || concat_ws(
        '',
        ', ' || case off.provider_kind when 'company' then 'firma' when 'person' then 'person' when 'internal' then 'intern' end,
        ', ' || nullif(off.target_group, 'all')
    ) || ': ' || string_agg(off.off_da, '; ' order by off.off_da) || '. Indmeldes af: ' || min(off.report_by_da) || '.'
        as text_da

from off

cross join rule

group by
    rule.rule_id,
    rule.severity,
    off.fiscal_year,
    off.activity_no,
    off.provider_kind,
    off.target_group
