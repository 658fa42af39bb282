-- Development factors (chain ladder): by how much what is known of a month changes from one month-end delivery to the
-- next, by account group (frame and function) and months ahead. 0 and below are months that have ended, whose invoices
-- are still to come. docs/forecast.md says how they are smoothed and why. Without deliveries to learn from: no rows.
{%- set last_step = (-var('accrual_window_days') / 30) | round(0, 'floor') | int - 1 %}
with

run as (

    select as_of from {{ ref('stg_control__run') }}

),

-- one set of accounts throughout: those whose courses the case system plans this year
account as (

    select
        account.account_id,
        account.frame_id,
        account.function_no
    from {{ ref('dim_account') }} as account
    semi join {{ ref('int_overrun__course') }} as course
        on account.account_id = course.account_id
        and course.has_granted_payment

),

observed as (

    select * from {{ ref('stg_control__month_observation') }}
    union all by name
    select
        run.as_of as observed_on,
        month_now.*
    from {{ ref('int_overrun__month') }} as month_now
    cross join run

),

-- the last delivery of each month; today's only where its month is over
month_end as (

    select
        cast(date_trunc('month', observed_on) as date) as month,
        max(observed_on) as observed_on
    from observed
    cross join run
    where observed_on < date_trunc('month', run.as_of)
        or run.as_of = last_day(run.as_of)
    group by 1

),

known as (

    select
        month_end.month as known_in,
        account.frame_id,
        account.function_no,
        observed.month,
        observed.courses,
        {{ known_of_month('observed') }} as known_dkk
    from observed
    inner join month_end
        on observed.observed_on = month_end.observed_on
    inner join account
        on observed.account_id = account.account_id

),

-- a step: what one month end knew of a month, and what the next knew of it
step as (

    select
        known.known_in as step_from,
        known.frame_id,
        known.function_no,
        known.month,
        known.courses,
        known.known_dkk,
        0 as became_dkk
    from known
    semi join month_end
        on month_end.month = known.known_in + interval 1 month

    union all

    select
        month_end.month as step_from,
        known.frame_id,
        known.function_no,
        known.month,
        0 as courses,
        0 as known_dkk,
        known.known_dkk as became_dkk
    from known
    inner join month_end
        on known.known_in = month_end.month + interval 1 month

),

experience as (

    select
        frame_id,
        function_no,
        date_diff('month', step_from, month) as months_ahead,
        step_from,
        courses,
        known_dkk,
        became_dkk
    from step
    -- A delivery is asked about the months of its own year: what changes at New Year (prices, the horizon of the payment
    -- plans) says nothing of the steps within a year.
    where year(month) <= year(step_from)
        and date_diff('month', step_from, month) between {{ last_step }} and 11

),

-- each account group and the whole frame; all years' steps together
summed as (

    select
        frame_id,
        function_no,
        grouping(function_no) = 1 as is_whole_frame,
        months_ahead,
        count(distinct step_from) as observations,
        sum(courses) as courses,
        sum(known_dkk) as known_dkk,
        sum(became_dkk) as became_dkk
    from experience
    group by grouping sets ((frame_id, function_no, months_ahead), (frame_id, months_ahead))

),

-- how many month-end deliveries there were before the as-of date, and how many steps from one to the next
history as (

    select
        count(*) filter (where month_end.observed_on < run.as_of) as deliveries,
        count(later.month) as steps
    from month_end
    cross join run
    left join month_end as later
        on later.month = month_end.month + interval 1 month

),

grid as (

    select
        account_group.*,
        history.steps,
        cast(unnest(range({{ last_step }}, 12)) as integer) as months_ahead
    from (
        select
            frame_id,
            function_no,
            grouping(function_no) = 1 as is_whole_frame
        from account
        group by grouping sets ((frame_id, function_no), (frame_id))
    ) as account_group
    cross join history
    where history.deliveries >= {{ var('development_deliveries') }}

),

-- A month that has ended is learnt of by itself, all months to come together: a new course adds to each of them alike.
pooled as (

    select
        grid.*,
        coalesce(summed.observations, 0) as observations,
        coalesce(summed.courses, 0) as courses,
        coalesce(summed.known_dkk, 0) as known_dkk,
        coalesce(summed.became_dkk, 0) as became_dkk,
        {{ divide('summed.became_dkk', 'summed.known_dkk', places=6) }} as factor_raw,
        {{ divide('sum(summed.became_dkk) over alike', 'sum(summed.known_dkk) over alike', places=6) }} as experienced,
        coalesce({{ divide('sum(summed.courses) over alike', 'sum(summed.observations) over alike') }}, 0) as courses_known
    from grid
    left join summed
        on grid.frame_id = summed.frame_id
        and grid.function_no is not distinct from summed.function_no
        and grid.is_whole_frame = summed.is_whole_frame
        and grid.months_ahead = summed.months_ahead
    window alike as (
        partition by grid.frame_id, grid.function_no, grid.is_whole_frame, least(grid.months_ahead, 1)
    )

),

-- what the group itself has seen is weighed against its frame, and that against the plan
smoothed as (

    select
        account_group.*,
        {{ capped_factor(
            '1 + ' ~ credibility('frame.steps') ~ ' * (coalesce(frame.experienced, 1) - 1 + '
            ~ full_credibility('account_group.courses_known')
            ~ ' * coalesce(account_group.experienced - frame.experienced, 0))'
        ) }} as factor
    from pooled as account_group
    inner join pooled as frame
        on account_group.frame_id = frame.frame_id
        and account_group.months_ahead = frame.months_ahead
        and frame.is_whole_frame

)

select
    frame_id,
    function_no,
    is_whole_frame,
    months_ahead,
    cast(observations as bigint) as observations,
    cast(courses as bigint) as courses,
    cast(known_dkk as decimal(18, 2)) as known_dkk,
    cast(became_dkk as decimal(18, 2)) as became_dkk,
    factor_raw,
    factor,
    -- from what is known now to what it comes to in the end
    cast(product(factor) over (
        partition by frame_id, is_whole_frame, function_no order by months_ahead rows unbounded preceding
    ) as decimal(18, 6)) as factor_to_end
from smoothed
