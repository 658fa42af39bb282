-- What if, for the running year: each scenario of the seed against the frame's forecast with the plan (without one, the
-- forecast). Linear on purpose: twice the value is twice the effect, and scenarios can be added by hand.
with

run as (

    select
        as_of,
        cast(year(as_of) as integer) as this_year
    from {{ ref('stg_control__run') }}

),

scenario as (

    select * from {{ ref('stg_reference__scenario') }}

),

frame as (

    select
        frame.*,
        frame.forecast - frame.actual_to_date as unposted_dkk
    from {{ ref('mart_overrun_frame') }} as frame
    inner join run
        on frame.fiscal_year = run.this_year

),

-- what a course of the activity costs the frame a month today
price as (

    select
        account.frame_id,
        course.activity_no,
        {{ divide('sum(course.month_dkk)', 'count(course.month_dkk)') }} as month_dkk
    from {{ ref('int_overrun__course_state') }} as course
    cross join run
    inner join {{ ref('dim_account') }} as account
        on course.account_id = account.account_id
    where {{ is_running_commitment('course') }}
        and course.start_on <= run.as_of
        and coalesce(course.end_on >= run.as_of, true)
        and course.month_dkk > 0
    group by account.frame_id, course.activity_no

),

not_begun as (

    select
        frame_id,
        remaining_dkk,
        months_to_come
    from {{ ref('mart_savings_initiative') }}
    inner join run
        on fiscal_year = run.this_year
    where is_not_begun
        and months_to_come > 0

),

delayed as (

    select
        scenario.scenario_id,
        scenario.frame_id,
        sum(not_begun.remaining_dkk) as remaining_dkk,
        -sum({{ divide(
            'not_begun.remaining_dkk * least(scenario.value, not_begun.months_to_come)', 'not_begun.months_to_come'
        ) }}) as effect_dkk
    from scenario
    inner join not_begun
        on scenario.frame_id = not_begun.frame_id
    where scenario.lever = 'delay_months'
    group by scenario.scenario_id, scenario.frame_id

),

joined as (

    select
        scenario.*,
        frame.fiscal_year,
        frame.frame_name,
        frame.budget_corrected,
        coalesce(frame.forecast_with_plan, frame.forecast) as base_forecast,
        case
            when scenario.lever <> 'new_placements' then null
            when year(scenario.start_on) > run.this_year then 0
            -- months that begin after the as-of date, from the start month on
            else least(
                12 - month(run.as_of),
                case when year(scenario.start_on) = run.this_year then 13 - month(scenario.start_on) else 12 end
            )
        end as months,
        case scenario.lever
            when 'price_pct' then frame.unposted_dkk
            when 'new_placements' then coalesce({{ divide('scenario.price_day_dkk * 365', '12') }}, price.month_dkk)
            when 'delay_months'
                then case when frame.forecast_with_plan is not null then coalesce(delayed.remaining_dkk, 0) end
        end as base_dkk,
        coalesce(delayed.effect_dkk, 0) as delayed_dkk

    from scenario

    cross join run

    inner join frame
        on scenario.frame_id = frame.frame_id

    left join price
        on scenario.frame_id = price.frame_id
        and scenario.activity_no = price.activity_no

    left join delayed
        on scenario.scenario_id = delayed.scenario_id
        and scenario.frame_id = delayed.frame_id

),

computed as (

    select
        *,
        case
            when base_dkk is null then null
            when lever = 'price_pct' then {{ divide('base_dkk * value', '100') }}
            when lever = 'new_placements' then {{ money('value * months * base_dkk') }}
            when lever = 'delay_months' then delayed_dkk
        end as effect_dkk
    from joined

)

select
    run.as_of,
    computed.scenario_id,
    computed.name_da,
    computed.description_da,
    computed.frame_id,
    computed.frame_name,
    computed.fiscal_year,
    computed.lever,
    cast(computed.value as decimal(18, 2)) as value,
    computed.activity_no,
    cast(computed.months as integer) as months,
    cast(computed.base_dkk as decimal(18, 2)) as base_dkk,
    cast(computed.effect_dkk as decimal(18, 2)) as effect_dkk,
    cast(computed.base_forecast as decimal(18, 2)) as base_forecast,
    cast(computed.base_forecast + computed.effect_dkk as decimal(18, 2)) as forecast,
    cast(computed.base_forecast + computed.effect_dkk - computed.budget_corrected as decimal(18, 2)) as expected_overrun

from computed

cross join run
