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

frame_experience as (

    select
        frame_id,
        months_ahead,
        count(distinct step_from) as observations,
        sum(courses) as courses,
        sum(known_dkk) as known_dkk,
        sum(became_dkk) as became_dkk,
        {{ divide('sum(became_dkk)', 'sum(known_dkk)', places=6) }} as factor_raw
    from experience
    group by frame_id, months_ahead

),

-- all months to come together: a new course adds to each of them alike
frame_to_come as (

    select
        frame_id,
        {{ divide('sum(became_dkk)', 'sum(known_dkk)', places=6) }} as factor_raw,
        {{ credibility('count(distinct step_from)') }} as credibility
    from experience
    where months_ahead > 0
    group by frame_id

),

group_experience as (

    select
        frame_id,
        function_no,
        months_ahead,
        count(distinct step_from) as observations,
        sum(courses) as courses,
        sum(known_dkk) as known_dkk,
        sum(became_dkk) as became_dkk,
        {{ divide('sum(became_dkk)', 'sum(known_dkk)', places=6) }} as factor_raw
    from experience
    group by frame_id, function_no, months_ahead

),

-- how many month-end deliveries there were before the as-of date
history as (

    select count(*) as deliveries
    from month_end
    cross join run
    where month_end.observed_on < run.as_of

),

frame_grid as (

    select
        frame.frame_id,
        cast(unnest(range({{ last_step }}, 12)) as integer) as months_ahead
    from (select distinct frame_id from account) as frame
    cross join history
    where history.deliveries >= {{ var('development_deliveries') }}

),

frame_factor as (

    select
        frame_grid.frame_id,
        frame_grid.months_ahead,
        coalesce(frame_experience.observations, 0) as observations,
        coalesce(frame_experience.courses, 0) as courses,
        coalesce(frame_experience.known_dkk, 0) as known_dkk,
        coalesce(frame_experience.became_dkk, 0) as became_dkk,
        frame_experience.factor_raw,
        -- what is believed before looking at this many months ahead: the plan, for months to come with all their experience
        case when frame_grid.months_ahead > 0 then coalesce(frame_to_come.factor_raw - 1, 0) * coalesce(frame_to_come.credibility, 0) else 0 end
        as prior,
        case when frame_experience.factor_raw is null then 0 else {{ credibility('frame_experience.observations') }} end as credibility

    from frame_grid

    left join frame_experience
        on frame_grid.frame_id = frame_experience.frame_id
        and frame_grid.months_ahead = frame_experience.months_ahead

    left join frame_to_come
        on frame_grid.frame_id = frame_to_come.frame_id

),

frame_smoothed as (

    select
        *,
        {{ capped_factor('1 + prior + credibility * (coalesce(factor_raw, 1) - 1 - prior)') }} as factor
    from frame_factor

),

group_smoothed as (

    select
        frame_smoothed.frame_id,
        account_group.function_no,
        frame_smoothed.months_ahead,
        coalesce(group_experience.observations, 0) as observations,
        coalesce(group_experience.courses, 0) as courses,
        coalesce(group_experience.known_dkk, 0) as known_dkk,
        coalesce(group_experience.became_dkk, 0) as became_dkk,
        group_experience.factor_raw,
        {{ capped_factor(
            'frame_smoothed.factor + case when group_experience.factor_raw is null then 0 else '
            ~ full_credibility('group_experience.courses')
            ~ ' * (group_experience.factor_raw - frame_smoothed.factor) end'
        ) }} as factor

    from frame_smoothed

    inner join (select distinct frame_id, function_no from account) as account_group
        on frame_smoothed.frame_id = account_group.frame_id

    left join group_experience
        on account_group.frame_id = group_experience.frame_id
        and account_group.function_no is not distinct from group_experience.function_no
        and frame_smoothed.months_ahead = group_experience.months_ahead

),

combined as (

    select
        *,
        false as is_whole_frame
    from group_smoothed

    union all by name

    select
        frame_id,
        months_ahead,
        observations,
        courses,
        known_dkk,
        became_dkk,
        factor_raw,
        factor,
        true as is_whole_frame
    from frame_smoothed

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
from combined
