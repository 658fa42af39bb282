-- What was said on earlier dates is what was stored then, what is said now is the frames', and the change is the difference.
with

said as (

    select
        observed_on,
        fiscal_year,
        frame_id,
        budget_corrected,
        forecast
    from {{ ref('stg_control__forecast_observation') }}
    where observed_on < {{ as_of() }}

    union all

    select
        as_of as observed_on,
        fiscal_year,
        frame_id,
        budget_corrected,
        forecast
    from {{ ref('mart_overrun_frame') }}

)

select
    coalesce(history.observed_on, said.observed_on) as observed_on,
    coalesce(history.frame_id, said.frame_id) as frame_id
from {{ ref('mart_overrun_history') }} as history
full join said
    on history.observed_on = said.observed_on
    and history.fiscal_year = said.fiscal_year
    and history.frame_id = said.frame_id
left join {{ ref('mart_overrun_history') }} as previous
    on history.previous_on = previous.observed_on
    and history.fiscal_year = previous.fiscal_year
    and history.frame_id = previous.frame_id
where history.frame_id is null
    or history.forecast is distinct from said.forecast
    or history.budget_corrected is distinct from said.budget_corrected
    or history.expected_overrun is distinct from history.forecast - history.budget_corrected
    or history.previous_overrun is distinct from previous.expected_overrun
    or history.overrun_change is distinct from history.expected_overrun - history.previous_overrun
    or (history.previous_on is null) <> not exists (
        select 1
        from said as earlier
        where earlier.observed_on < date_trunc('month', history.observed_on)
            and earlier.fiscal_year = history.fiscal_year
            and earlier.frame_id = history.frame_id
    )
