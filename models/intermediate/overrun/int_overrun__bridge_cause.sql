-- What the forecast's change is caused by: one row a fiscal year, account, course, month and cause. docs/bridge.md tells
-- the order. Sums of the causes are the change, to the øre: each step takes from what the earlier ones left.
{%- set without_courses = "('straight_line', 'last_year', 'last_year_profile', 'budget')" %}
with

pair as (

    select * from {{ ref('int_overrun__bridge_date') }}

),

account as (

    select
        fiscal_year,
        account_id,
        -- a forecast of the account's own experience at both dates, or at the only one that has the account
        coalesce(max(forecast_method_before), max(forecast_method_now)) in {{ without_courses }}
        and coalesce(max(forecast_method_now), max(forecast_method_before)) in ('actual', {{ without_courses[1:] }} as is_without_courses
    from {{ ref('int_overrun__bridge_pair') }}
    group by fiscal_year, account_id

),

month as (

    select
        month.*,
        pair.as_of,
        pair.previous_as_of,
        course.* exclude (course_id, team_id, section_id, activity_no, provider_id),
        case
            when account.is_without_courses then 'account'
            when month.course_id is null then 'no course'
            when month.month < make_date(month.fiscal_year, 1, 1) then 'last year'
            else 'course'
        end as kind,
        -- a price that is held counts for nothing
        case when month.hold_dkk_before = 0 then month.planned_dkk_before else 0 end as plan_before,
        case when month.hold_dkk_now = 0 then month.planned_dkk_now else 0 end as plan_now,
        -- posted for the course's month, on whatever account
        sum(month.posted_dkk_before) over of_course as course_posted_before,
        sum(month.posted_dkk_now - month.posted_dkk_before) over of_course as posted_since
    from {{ ref('int_overrun__bridge_pair') }} as month
    cross join pair
    inner join account
        on month.fiscal_year = account.fiscal_year
        and month.account_id = account.account_id
    left join {{ ref('int_overrun__bridge_course') }} as course
        on month.course_id = course.course_id
    window of_course as (partition by month.fiscal_year, coalesce(month.course_id, month.account_id), month.month)

),

-- the part of the earlier plan that was settled, or past counting
settled as (

    select
        *,
        case
            when left_dkk_before <> 0 then plan_before - left_dkk_before
            when plan_before >= 0 then greatest(allocated_dkk_before, plan_before)
            else least(allocated_dkk_before, plan_before)
        end as settled_before,
        case
            when is_frequency_changed and (units_before is null or units_now is null) then plan_now
            when units_before <> 0 and units_now is not null
                then {{ divide('plan_before * units_now', 'units_before') }}
            else {{ divide('plan_before * payments_now', 'payments_before') }}
        end as plan_now_at_old_price
    from month

),

-- what the new plan leaves to come against what the old one left, both with what was posted then
planned as (

    select
        *,
        {{ left_of_payment('plan_now', 'settled_before') }} - left_dkk_before as whole_effect,
        {{ left_of_payment('plan_now_at_old_price', 'settled_before') }} - left_dkk_before as whole_quantity_effect,
        left_dkk_now + posted_since - left_dkk_before as room
    from settled

),

-- an addition counts as far as it is counted now: what is past the accrual window and not posted never was
counted as (

    select
        *,
        case
            when whole_effect > 0 and plan_now > 0 then least(whole_effect, greatest(room, 0))
            when whole_effect < 0 and plan_now < 0 then greatest(whole_effect, least(room, 0))
            else whole_effect
        end as plan_effect,
        pipeline_dkk_now - pipeline_dkk_before as pipeline_effect,
        coalesce(month >= granted_from_month, false) as is_granted_expectation,
        payments_before > 0 or pipeline_dkk_before <> 0 as has_plan_before,
        payments_now > 0 or pipeline_dkk_now <> 0 as has_plan_now,
        payments_before > 0 and payments_now > 0 as has_payments
    from planned

),

split as (

    select
        *,
        case
            when is_there_before and is_there_now and not is_granted_expectation
                and pipeline_dkk_before <> 0 and (month <= as_of or stale_dkk_now <> 0) then pipeline_effect
            else 0
        end as lapsed_effect,
        case
            when not has_payments then 0
            when whole_effect = 0 then whole_quantity_effect
            else {{ divide('whole_quantity_effect * plan_effect', 'whole_effect') }}
        end as quantity_effect
    from counted

),

plan_cause as (

    select
        *,
        plan_effect + pipeline_effect - lapsed_effect as effect,
        case
            when (hold_dkk_before <> 0) <> (hold_dkk_now <> 0) and is_there_before then 'corrections_of_errors'
            when is_fictive_changed then 'corrections_of_errors'
            when is_granted_expectation then 'expected_became_granted'
            when not coalesce(is_there_before, false) and month <= previous_as_of then 'late_registration'
            when not coalesce(is_there_before, false) then 'new_courses'
            when not is_there_now or has_plan_before and not has_plan_now then 'ended_or_shortened'
            when has_plan_now and not has_plan_before and month <= previous_as_of then 'late_registration'
            when has_plan_now and not has_plan_before then 'prolonged'
            else 'changed'
        end as cause
    from split

),

-- in what both plans have: units and days first, the rest is price
change_cause as (

    select
        *,
        case
            when cause <> 'changed' then 0
            when has_payments then quantity_effect
            when is_units_changed or is_frequency_changed then effect
            else 0
        end as changed_quantity,
        case
            when not list_contains(changed_months, month) then 'service_level'
            when (quantity_effect < 0) = (plan_now >= 0) then 'ended_or_shortened'
            when month <= previous_as_of then 'late_registration'
            else 'prolonged'
        end as quantity_cause,
        left_dkk_before + plan_effect as to_come,
        month <= as_of - {{ var('accrual_window_days') }} or fiscal_year < year(as_of) as is_past_counting
    from plan_cause

),

executed as (

    select
        *,
        case
            when not is_past_counting then 0
            when to_come >= 0 then -greatest({{ left_of_payment('to_come', 'posted_since') }} - left_dkk_now, 0)
            else -least({{ left_of_payment('to_come', 'posted_since') }} - left_dkk_now, 0)
        end as dropped_effect,
        posted_dkk_now - posted_dkk_before as posted_effect,
        left_dkk_now - left_dkk_before as left_effect,
        net_inflow_dkk_now - net_inflow_dkk_before as inflow_effect,
        method_dkk_now - method_dkk_before as method_effect,
        -- what had been posted is posted no longer: reversed, moved to its course, or credited
        case
            when sign(posted_since) * sign(course_posted_before) < 0 then 'corrections_of_errors'
            else 'posted_against_plan'
        end as posted_cause
    from change_cause

),

cause as (

    select *, cause as part, effect as amount_dkk
    from executed
    where kind = 'course' and cause <> 'changed'

    union all by name

    select *, quantity_cause as part, changed_quantity as amount_dkk
    from executed
    where kind = 'course' and cause = 'changed'

    union all by name

    select *, 'price' as part, effect - changed_quantity as amount_dkk
    from executed
    where kind = 'course' and cause = 'changed'

    union all by name

    select *, 'accruals_dropped' as part, lapsed_effect + dropped_effect as amount_dkk
    from executed
    where kind = 'course'

    union all by name

    select *, posted_cause as part, posted_effect + left_effect - plan_effect - dropped_effect as amount_dkk
    from executed
    where kind = 'course'

    union all by name

    select *, posted_cause as part, posted_effect as amount_dkk
    from executed
    where kind = 'no course'

    union all by name

    select *, 'experience' as part, inflow_effect as amount_dkk
    from executed
    where kind = 'no course'

    union all by name

    select *, 'method' as part, method_effect as amount_dkk
    from executed
    where kind = 'no course'

    union all by name

    -- last year's accruals are in the forecast with the opposite sign, as experience
    select *, 'experience' as part, posted_effect + left_effect + pipeline_effect as amount_dkk
    from executed
    where kind = 'last year'

    union all by name

    select
        *,
        'accounts_without_courses' as part,
        posted_effect + left_effect + pipeline_effect + inflow_effect + method_effect as amount_dkk
    from executed
    where kind = 'account'

    union all by name

    select *, 'corrections_of_errors' as part, moved_dkk as amount_dkk
    from executed

)

select
    fiscal_year,
    account_id,
    course_id,
    month,
    part,
    cast(sum(amount_dkk) as decimal(18, 2)) as amount_dkk
from cause
group by fiscal_year, account_id, course_id, month, part
having sum(amount_dkk) <> 0 or bool_or(amount_dkk is null)
