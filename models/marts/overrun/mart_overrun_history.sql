-- Delivery date x fiscal year x frame: what was said of the year's end then, and at the as-of date now.
with

run as (

    select * from {{ ref('stg_control__run') }}

),

said as (

    select
        observation.observed_on,
        observation.fiscal_year,
        observation.frame_id,
        observation.budget_corrected,
        observation.forecast
    from {{ ref('stg_control__forecast_observation') }} as observation
    cross join run
    where observation.observed_on < run.as_of

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
    run.as_of,
    said.observed_on,
    said.fiscal_year,
    said.frame_id,
    cast(said.budget_corrected as decimal(18, 2)) as budget_corrected,
    cast(said.forecast as decimal(18, 2)) as forecast,
    cast(said.forecast - said.budget_corrected as decimal(18, 2)) as expected_overrun,
    previous.observed_on as previous_on,
    cast(previous.forecast - previous.budget_corrected as decimal(18, 2)) as previous_overrun,
    cast(said.forecast - said.budget_corrected - (previous.forecast - previous.budget_corrected) as decimal(18, 2)) as overrun_change

from said

cross join run

-- the last delivery of an earlier month: what the report before this one rested on
left join said as previous
    on said.fiscal_year = previous.fiscal_year
    and said.frame_id = previous.frame_id
    and previous.observed_on < date_trunc('month', said.observed_on)

qualify row_number() over (
    partition by said.observed_on, said.fiscal_year, said.frame_id
    order by previous.observed_on desc nulls last
) = 1
