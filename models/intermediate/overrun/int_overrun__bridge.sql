-- The bridge from one forecast to a later one: fiscal year x account x course, the change and its parts. The dates are
-- int_overrun__bridge_date's; mart_overrun_bridge holds the run's, `kobling bridge` asks for others.
{%- set parts = [
    'new_courses', 'late_registration', 'expected_became_granted', 'prolonged', 'ended_or_shortened', 'service_level',
    'price', 'posted_against_plan', 'accruals_dropped', 'corrections_of_errors', 'accounts_without_courses', 'method',
] %}
with

pair as (

    select * from {{ ref('int_overrun__bridge_date') }}

),

forecast as (

    select
        fiscal_year,
        account_id,
        course_id,
        case when bool_and(forecast_before is not null) then sum(forecast_before) end as forecast_before,
        case when bool_and(forecast_now is not null) then sum(forecast_now) end as forecast_now,
        max(budget_corrected_before) as budget_before,
        max(budget_corrected_now) as budget_now
    from {{ ref('int_overrun__bridge_pair') }}
    group by fiscal_year, account_id, course_id

),

cause as (

    select
        fiscal_year,
        account_id,
        course_id,
        {%- for part in parts + ['experience'] %}
        sum(amount_dkk) filter (where part = '{{ part }}') as {{ part }},
        {%- endfor %}
        bool_or(amount_dkk is null) as is_unknown
    from {{ ref('int_overrun__bridge_cause') }}
    group by fiscal_year, account_id, course_id

)

select
    pair.as_of,
    pair.previous_as_of,
    forecast.fiscal_year,
    account.frame_id,
    forecast.account_id,
    forecast.course_id,
    course.team_id,
    course.section_id,
    course.activity_no,
    course.provider_id,
    cast(forecast.forecast_before as decimal(18, 2)) as forecast_previous,
    cast(forecast.forecast_now as decimal(18, 2)) as forecast,
    cast(forecast.forecast_now - forecast.forecast_before as decimal(18, 2)) as change,
    {%- for part in parts if part != 'method' %}
    cast(coalesce(cause.{{ part }}, 0) as decimal(18, 2)) as {{ part }},
    {%- endfor %}
    cast(
        case when not coalesce(cause.is_unknown, false) then coalesce(cause.method, 0) + coalesce(cause.experience, 0) end
        as decimal(18, 2)
    ) as method,
    cast(coalesce(cause.experience, 0) as decimal(18, 2)) as experience,
    cast(forecast.budget_before as decimal(18, 2)) as budget_previous,
    cast(forecast.budget_now as decimal(18, 2)) as budget_corrected,
    cast(forecast.budget_now - forecast.budget_before as decimal(18, 2)) as budget_change

from forecast

cross join pair

left join cause
    on forecast.fiscal_year = cause.fiscal_year
    and forecast.account_id = cause.account_id
    and forecast.course_id is not distinct from cause.course_id

left join {{ ref('dim_account') }} as account
    on forecast.account_id = account.account_id

left join {{ ref('int_overrun__bridge_course') }} as course
    on forecast.course_id = course.course_id

-- a course that was and is counted with nothing says nothing
where forecast.course_id is null
    or forecast.forecast_before <> 0
    or forecast.forecast_now <> 0
    or cause.fiscal_year is not null
