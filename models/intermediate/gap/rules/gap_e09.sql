-- E09: the forecast of a frame is another than at the month end before by more than the threshold. Both are what was
-- published then: the last delivery of each month, and the as-of date itself when it ends its month. An event: it happened
-- between the two, and an explanation (an acceptance with a comment) closes it. The jump to the month end before is told
-- again: its delivery may not have been on the month's last day. One gap a frame and month.
with

{{ gap_rule('E09') }},

run as (

    select * from {{ ref('stg_control__run') }}

),

forecast as (

    select
        observed_on,
        fiscal_year,
        frame_id,
        forecast
    from {{ ref('stg_control__forecast_observation') }}

    union all

    select
        run.as_of as observed_on,
        overrun.fiscal_year,
        overrun.frame_id,
        overrun.forecast
    from {{ ref('mart_overrun_frame') }} as overrun
    cross join run

),

month_end as (

    select
        forecast.*,
        cast(date_trunc('month', forecast.observed_on) as date) as month
    from forecast
    cross join run
    where forecast.fiscal_year = year(forecast.observed_on)
        and forecast.forecast is not null
        -- a month that is not over has no end yet
        and (date_trunc('month', forecast.observed_on) < date_trunc('month', run.as_of) or run.as_of = last_day(run.as_of))
    qualify row_number() over (
        partition by forecast.fiscal_year, forecast.frame_id, date_trunc('month', forecast.observed_on)
        order by forecast.observed_on desc
    ) = 1

),

compared as (

    select
        *,
        lag(observed_on) over by_frame as previous_on,
        forecast - lag(forecast) over by_frame as change_dkk,
        lag(forecast) over by_frame as previous_forecast
    from month_end
    window by_frame as (partition by fiscal_year, frame_id order by observed_on)

)

select
    rule.rule_id,
    compared.frame_id || '|' || strftime(compared.month, '%Y-%m') as business_key,
    rule.severity,
    cast(null as varchar) as course_id,
    cast(null as varchar) as posting_id,
    cast(null as varchar) as account_id,
    cast(null as varchar) as team_id,
    cast(null as varchar) as provider_id,
    cast(null as varchar) as document_no,
    cast(abs(compared.change_dkk) as decimal(18, 2)) as amount_dkk,
    compared.observed_on as occurred_on,
    'Prognosen for ramme ' || compared.frame_id || case when compared.change_dkk > 0 then ' er steget ' else ' er faldet ' end
        || {{ dkk_da('abs(compared.change_dkk)') }} || ' ('
        || {{ number_da(divide('abs(compared.change_dkk) * 100', 'abs(compared.previous_forecast)')) }} || ' %) fra '
        || {{ date_da('compared.previous_on') }} || ' til ' || {{ date_da('compared.observed_on') }} || '.' as text_da

from compared

cross join rule

cross join run

where compared.observed_on >= coalesce(run.previous_as_of, run.as_of)
    and abs(compared.change_dkk) * 100 > abs(compared.previous_forecast) * rule.threshold_pct
