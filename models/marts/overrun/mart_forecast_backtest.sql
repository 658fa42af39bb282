-- How far past forecasts were from what came: method x target (year, month) x months ahead x frame, and all frames
-- together (NULL). What a past delivery date said was stored then; what came is the ledger of the as-of date.
{%- set methods = ['straight_line', 'commitment', 'activity', 'forecast'] %}
with

run as (

    select as_of from {{ ref('stg_control__run') }}

),

account as (

    select
        account_id,
        frame_id
    from {{ ref('dim_account') }}

),

observation as (

    select observation.*
    from {{ ref('stg_control__outlook_observation') }} as observation
    -- the last delivery of each month
    qualify observation.observed_on = max(observation.observed_on) over (
        partition by date_trunc('month', observation.observed_on)
    )

),

said as (

    unpivot observation
    on
        {%- for method in methods %}
        {{ method }}_dkk{{ ',' if not loop.last }}
        {%- endfor %}
    into name method value said_dkk

),

year_came as (

    select
        'year' as target,
        make_date(fiscal_year, 12, 1) as month,
        account_id,
        actual_to_date as came_dkk
    from {{ ref('int_overrun__account') }}
    where year_status = 'final'

),

month_came as (

    select
        'month' as target,
        line.month,
        line.account_id,
        sum(line.actual_to_date) as came_dkk
    from {{ ref('int_overrun__line') }} as line
    cross join run
    where not line.is_held
    group by line.month, line.account_id

),

-- what is known by now: years closed; months whose invoices have had time to come
known as (

    select distinct
        target,
        month
    from year_came

    union all

    select distinct
        month_came.target,
        month_came.month
    from month_came
    cross join run
    where last_day(month_came.month) + {{ var('backtest_settled_days') }} <= run.as_of

),

said_of_frame as (

    select
        said.target,
        said.month,
        said.observed_on,
        replace(said.method, '_dkk', '') as method,
        account.frame_id,
        sum(said.said_dkk) as said_dkk
    from said
    inner join account
        on said.account_id = account.account_id
    inner join known
        on said.target = known.target
        and said.month = known.month
    group by all

),

-- of a year all accounts of the frame; of a month those that had something to say
came_of_frame as (

    select
        observed.target,
        observed.month,
        observed.observed_on,
        account.frame_id,
        sum(came.came_dkk) as came_dkk
    from (select distinct target, month, observed_on from observation) as observed
    inner join (
        select * from year_came
        union all
        select * from month_came
    ) as came
        on observed.target = came.target
        and observed.month = came.month
    inner join account
        on came.account_id = account.account_id
    left join observation
        on observed.target = observation.target
        and observed.month = observation.month
        and observed.observed_on = observation.observed_on
        and came.account_id = observation.account_id
    where observed.target = 'year'
        or observation.account_id is not null
    group by all

),

compared as (

    select
        said_of_frame.target,
        said_of_frame.month,
        said_of_frame.observed_on,
        said_of_frame.method,
        said_of_frame.frame_id,
        said_of_frame.said_dkk,
        coalesce(came_of_frame.came_dkk, 0) as came_dkk
    from said_of_frame
    left join came_of_frame
        on said_of_frame.target = came_of_frame.target
        and said_of_frame.month = came_of_frame.month
        and said_of_frame.observed_on = came_of_frame.observed_on
        and said_of_frame.frame_id = came_of_frame.frame_id

),

with_all as (

    select
        target,
        month,
        observed_on,
        method,
        frame_id,
        sum(said_dkk) as said_dkk,
        sum(came_dkk) as came_dkk,
        sum(said_dkk) - sum(came_dkk) as error_dkk
    from compared
    group by grouping sets (
        (target, month, observed_on, method, frame_id),
        (target, month, observed_on, method)
    )

),

measured as (

    select
        target,
        method,
        cast(date_diff('month', observed_on, month) as integer) as months_ahead,
        frame_id,
        count(*) as observations,
        sum(said_dkk) as said_dkk,
        sum(came_dkk) as came_dkk,
        {{ divide('sum(abs(error_dkk))', 'count(*)') }} as error_dkk,
        {{ divide('sum(error_dkk)', 'count(*)') }} as bias_dkk,
        case when sum(came_dkk) > 0 then {{ divide('sum(abs(error_dkk)) * 100', 'sum(came_dkk)') }} end as error_pct,
        case when sum(came_dkk) > 0 then {{ divide('sum(error_dkk) * 100', 'sum(came_dkk)') }} end as bias_pct,
        case
            when count(*) >= {{ var('backtest_interval_observations') }} and min(came_dkk) > 0
                then list(error_dkk * 100 / came_dkk)
        end as errors_pct
    from with_all
    group by all

)

select
    run.as_of,
    measured.target,
    measured.method,
    measured.months_ahead,
    measured.frame_id,
    measured.observations,
    cast(measured.said_dkk as decimal(18, 2)) as said_dkk,
    cast(measured.came_dkk as decimal(18, 2)) as came_dkk,
    measured.error_dkk,
    measured.bias_dkk,
    measured.error_pct,
    measured.bias_pct,
    cast(list_aggregate(measured.errors_pct, 'quantile_cont', 0.1) as decimal(18, 2)) as interval_low_pct,
    cast(list_aggregate(measured.errors_pct, 'quantile_cont', 0.9) as decimal(18, 2)) as interval_high_pct
from measured
cross join run
