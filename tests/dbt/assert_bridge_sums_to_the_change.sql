-- The bridge is exact: a row whose parts are not its change; an account whose rows are not the forecast of mart_overrun
-- and the one that was observed at the earlier date; a frame whose rows are not mart_overrun_frame. To the øre.
with

earlier as (

    select
        component.fiscal_year,
        component.account_id,
        case when bool_and(component.forecast is not null) then sum(component.forecast) end as forecast
    from {{ ref('stg_control__component_observation') }} as component
    where component.observed_on = {{ previous_as_of() }}
    group by component.fiscal_year, component.account_id

),

bridged_year as (

    select distinct earlier.fiscal_year
    from earlier
    semi join {{ ref('mart_overrun') }} as overrun
        on earlier.fiscal_year = overrun.fiscal_year

),

account as (

    select
        fiscal_year,
        account_id,
        case when bool_and(forecast_previous is not null) then sum(forecast_previous) end as forecast_previous,
        case when bool_and(forecast is not null) then sum(forecast) end as forecast,
        case when bool_and(change is not null) then sum(change) end as change
    from {{ ref('mart_overrun_bridge') }}
    group by fiscal_year, account_id

),

-- nothing where a date has not the account, unknown where its forecast is
forecasts as (

    select
        coalesce(overrun.fiscal_year, earlier.fiscal_year) as fiscal_year,
        coalesce(overrun.account_id, earlier.account_id) as account_id,
        case when earlier.account_id is null then 0 else earlier.forecast end as forecast_previous,
        case when overrun.account_id is null then 0 else overrun.forecast end as forecast
    from {{ ref('mart_overrun') }} as overrun
    full join earlier
        on overrun.fiscal_year = earlier.fiscal_year
        and overrun.account_id = earlier.account_id
    semi join bridged_year
        on coalesce(overrun.fiscal_year, earlier.fiscal_year) = bridged_year.fiscal_year

)

select
    fiscal_year,
    account_id,
    course_id as key,
    'parts' as problem
from {{ ref('mart_overrun_bridge') }}
where change is distinct from forecast - forecast_previous
    or change is distinct from
    new_courses + late_registration + expected_became_granted + prolonged + ended_or_shortened + service_level + price
    + posted_against_plan + accruals_dropped + corrections_of_errors + accounts_without_courses + method
    or budget_change is distinct from budget_corrected - budget_previous

union all

select
    coalesce(forecasts.fiscal_year, account.fiscal_year) as fiscal_year,
    coalesce(forecasts.account_id, account.account_id) as account_id,
    null as key,
    'account' as problem
from forecasts
full join account
    on forecasts.fiscal_year = account.fiscal_year
    and forecasts.account_id = account.account_id
where forecasts.forecast is distinct from account.forecast
    or forecasts.forecast_previous is distinct from account.forecast_previous
    or account.change is distinct from forecasts.forecast - forecasts.forecast_previous

union all

select
    frame.fiscal_year,
    null as account_id,
    frame.frame_id as key,
    'frame' as problem
from {{ ref('mart_overrun_frame') }} as frame
semi join bridged_year
    on frame.fiscal_year = bridged_year.fiscal_year
left join (
    select
        fiscal_year,
        frame_id,
        sum(forecast) as forecast,
        sum(budget_corrected) as budget_corrected
    from {{ ref('mart_overrun_bridge') }}
    group by fiscal_year, frame_id
) as summed
    on frame.fiscal_year = summed.fiscal_year
    and frame.frame_id = summed.frame_id
where frame.forecast is distinct from summed.forecast
    or frame.budget_corrected is distinct from summed.budget_corrected
