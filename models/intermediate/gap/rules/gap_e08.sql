-- E08: number, price or duration of the courses is off the budget's assumption by more than the threshold, to the same
-- side, in each of the last months (number: threshold_count) that are over at the as-of date. Number and price are the
-- month's; duration is that of the courses ended in the year until then. An assumption that names no provider kind or
-- target group counts all of them. One gap an assumption, whatever the number of values that are off.
with

{{ gap_rule('E08') }},

assumption as (

    select *
    from {{ ref('stg_plan__budget_assumption') }}
    where fiscal_year = year({{ as_of() }})
    -- a delivery replaces the year
    qualify rank() over (partition by source_system order by extract_date desc) = 1

),

month_of_year as (

    select
        unit_price.month,
        unit_price.activity_no,
        coalesce(provider.provider_kind, 'unknown') as provider_kind,
        unit_price.target_group,
        unit_price.course_days,
        unit_price.cost_total_dkk,
        unit_price.ended_courses,
        unit_price.avg_duration_days * unit_price.ended_courses as ended_duration_days
    from {{ ref('mart_unit_price') }} as unit_price
    left join {{ ref('dim_provider') }} as provider
        on unit_price.provider_id = provider.provider_id
    where year(unit_price.month) = year({{ as_of() }})

),

-- months in which nothing ran are months too
month as (

    select distinct month from month_of_year

),

actual as (

    select
        assumption.source_system,
        assumption.row_no,
        month.month,
        coalesce(sum(month_of_year.course_days) filter (where month_of_year.month = month.month), 0) as course_days,
        coalesce(sum(month_of_year.cost_total_dkk) filter (where month_of_year.month = month.month), 0) as cost_dkk,
        coalesce(sum(month_of_year.cost_total_dkk), 0) as cost_to_date_dkk,
        sum(month_of_year.ended_courses) as ended_courses,
        sum(month_of_year.ended_duration_days) as ended_duration_days
    from assumption
    cross join month
    left join month_of_year
        on assumption.activity_no = month_of_year.activity_no
        and coalesce(assumption.provider_kind = month_of_year.provider_kind, true)
        and coalesce(assumption.target_group = month_of_year.target_group, true)
        and month_of_year.month <= month.month
    group by assumption.source_system, assumption.row_no, month.month

),

compared as (

    select
        assumption.*,
        actual.month,
        actual.cost_to_date_dkk,
        unnest(['forløb', 'pris pr. dag', 'varighed i dage']) as measure_da,
        unnest([
            {{ divide('actual.course_days', 'day(last_day(actual.month))') }},
            {{ divide('actual.cost_dkk', 'actual.course_days') }},
            {{ divide('actual.ended_duration_days', 'actual.ended_courses') }}
        ]) as found,
        unnest([
            cast(assumption.assumed_courses * coalesce(assumption.activation_pct, 100) / 100 as decimal(18, 2)),
            cast(assumption.assumed_price_day_dkk as decimal(18, 2)),
            cast(assumption.assumed_duration_days as decimal(18, 2))
        ]) as assumed
    from actual
    inner join assumption
        on actual.source_system = assumption.source_system
        and actual.row_no = assumption.row_no

),

judged as (

    select
        compared.*,
        case
            when abs(compared.found - compared.assumed) * 100 > compared.assumed * rule.threshold_pct
                then sign(compared.found - compared.assumed)
        end as side
    from compared
    cross join rule
    where compared.assumed > 0
    qualify row_number() over (
        partition by compared.source_system, compared.row_no, compared.measure_da order by compared.month desc
    ) <= rule.threshold_count

),

off as (

    select
        source_system,
        row_no,
        activity_no,
        provider_kind,
        target_group,
        assumed_cost_dkk,
        measure_da,
        arg_max(found, month) as found,
        min(assumed) as assumed,
        min(month) as since_on,
        arg_max(cost_to_date_dkk, month) as cost_to_date_dkk,
        max(month) as newest_month
    from judged
    cross join rule
    group by all
    having count(side) = min(rule.threshold_count)
        and count(distinct side) = 1

)

select
    rule.rule_id,
    concat_ws('|', year({{ as_of() }}), off.activity_no, coalesce(off.provider_kind, '*'), coalesce(off.target_group, '*'))
        as business_key,
    rule.severity,
    cast(null as varchar) as course_id,
    cast(null as varchar) as posting_id,
    cast(null as varchar) as account_id,
    cast(null as varchar) as team_id,
    cast(null as varchar) as provider_id,
    cast(null as varchar) as document_no,
    -- off the share of the year's assumed cost that has passed
    cast(coalesce(abs(
        min(off.cost_to_date_dkk) - {{ divide('min(off.assumed_cost_dkk) * month(min(off.newest_month))', '12') }}
    ), 0) as decimal(18, 2)) as amount_dkk,
    min(off.since_on) as occurred_on,
    'Aktivitet ' || off.activity_no || concat_ws(
        '',
        ', ' || case off.provider_kind
            when 'company' then 'firma' when 'person' then 'person' when 'internal' then 'intern' else off.provider_kind
        end,
        ', ' || off.target_group
    ) || ': ' || string_agg(
        off.measure_da || ' ' || {{ number_da('off.found') }} || ' mod forudsat ' || {{ number_da('off.assumed') }},
        '; ' order by off.measure_da
    ) || '.' as text_da

from off

cross join rule

group by rule.rule_id, rule.severity, off.activity_no, off.provider_kind, off.target_group
