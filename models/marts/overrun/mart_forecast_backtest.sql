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

    {%- for method in methods %}
    select
        observed_on,
        target,
        month,
        account_id,
        '{{ method }}_dkk' as method,
        {{ method }}_dkk as said_dkk
    from observation
    where {{ method }}_dkk is not null
    {%- if not loop.last %}

    union all
{% endif %}
    {%- endfor %}

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
        cast(date_diff('month', observed_on, month) as integer) as months_ahead,
        last_day(month) + {{ var('backtest_settled_days') }} as known_on,
        sum(said_dkk) - sum(came_dkk) as error_dkk,
        case when sum(came_dkk) > 0 then {{ divide('(sum(said_dkk) - sum(came_dkk)) * 100', 'sum(came_dkk)') }} end as error_pct
    from compared
    group by grouping sets (
        (target, month, observed_on, method, frame_id),
        (target, month, observed_on, method)
    )

),

-- What the errors that were known when a forecast was made would have said of its own: the interval that held four of
-- five of them, and whether it held this one too.
tested as (

    select
        with_all.target,
        with_all.month,
        with_all.observed_on,
        with_all.method,
        with_all.frame_id,
        any_value(with_all.error_pct) between quantile_cont(cast(earlier.error_pct as decimal(18, 2)), 0.1)
        and quantile_cont(cast(earlier.error_pct as decimal(18, 2)), 0.9)
        as is_held
    from with_all
    inner join with_all as earlier
        on with_all.target = earlier.target
        and with_all.method = earlier.method
        and with_all.frame_id is not distinct from earlier.frame_id
        and with_all.months_ahead = earlier.months_ahead
        and earlier.known_on <= with_all.observed_on
    group by all
    having count(*) >= {{ var('backtest_interval_observations') }}

),

measured as (

    select
        with_all.target,
        with_all.method,
        with_all.months_ahead,
        with_all.frame_id,
        count(*) as observations,
        sum(with_all.said_dkk) as said_dkk,
        sum(with_all.came_dkk) as came_dkk,
        {{ divide('sum(abs(with_all.error_dkk))', 'count(*)') }} as error_dkk,
        {{ divide('sum(with_all.error_dkk)', 'count(*)') }} as bias_dkk,
        case when sum(with_all.came_dkk) > 0 then {{ divide('sum(abs(with_all.error_dkk)) * 100', 'sum(with_all.came_dkk)') }} end
        as error_pct,
        case when sum(with_all.came_dkk) > 0 then {{ divide('sum(with_all.error_dkk) * 100', 'sum(with_all.came_dkk)') }} end
        as bias_pct,
        count(tested.is_held) as intervals_tested,
        {{ divide('count(*) filter (where tested.is_held) * 100', 'count(tested.is_held)') }} as intervals_held_pct,
        quantile_cont(cast(with_all.error_pct as decimal(18, 2)), 0.1) as low_pct,
        quantile_cont(cast(with_all.error_pct as decimal(18, 2)), 0.9) as high_pct
    from with_all
    left join tested
        on with_all.target = tested.target
        and with_all.month = tested.month
        and with_all.observed_on = tested.observed_on
        and with_all.method = tested.method
        and with_all.frame_id is not distinct from tested.frame_id
    group by all

),

with_interval as (

    select
        *,
        intervals_tested >= {{ var('backtest_interval_tests') }} and intervals_held_pct >= 80 as is_supported
    from measured

)

select
    run.as_of,
    with_interval.target,
    with_interval.method,
    with_interval.months_ahead,
    with_interval.frame_id,
    with_interval.observations,
    cast(with_interval.said_dkk as decimal(18, 2)) as said_dkk,
    cast(with_interval.came_dkk as decimal(18, 2)) as came_dkk,
    with_interval.error_dkk,
    with_interval.bias_dkk,
    with_interval.error_pct,
    with_interval.bias_pct,
    with_interval.intervals_tested,
    with_interval.intervals_held_pct,
    case when with_interval.is_supported then with_interval.low_pct end as interval_low_pct,
    case when with_interval.is_supported then with_interval.high_pct end as interval_high_pct
from with_interval
cross join run
