-- The action plan in force, one row an initiative and fiscal year: how much of its effect is still to come by the calendar.
-- The year's effect comes in equal parts in its months from the start month on; a month that has begun is not to come.
with

run as (

    select * from {{ ref('stg_control__run') }}

),

plan as (

    select * from {{ ref('stg_plan__savings_initiative') }}
    -- a delivery of the plan is the whole plan
    qualify rank() over (order by extract_date desc) = 1

),

frame as (

    select distinct frame_id from {{ ref('stg_reference__frame') }}

),

-- where there is no earlier delivery nobody knows how courses stood before
history as (

    select count(*) > 0 as is_there from {{ ref('stg_control__course_state_observation') }}

),

monthly as (

    select
        plan.initiative_id,
        plan.fiscal_year,
        plan.measure_da,
        plan.frame_id,
        frame.frame_id is not null as is_known_frame,
        plan.lever,
        plan.initiative_status,
        plan.owner_role,
        plan.deadline_on,
        plan.start_on,
        plan.probability_pct,
        plan.account_id,
        plan.section_id,
        plan.activity_no,
        plan.provider_id,
        plan.course_ids,
        plan.effect_dkk,
        plan.initiative_status in ('PLANNED', 'DECIDED') as is_not_begun,
        coalesce(plan.deadline_on < run.as_of and plan.initiative_status not in ('DONE', 'DROPPED'), false) as is_overdue,
        plan.lever in ('number', 'price')
        and coalesce(plan.course_ids, plan.provider_id, plan.activity_no) is not null
        and plan.initiative_status in ('RUNNING', 'DONE')
        and plan.start_on <= run.as_of
        and (plan.lever = 'price' or history.is_there) as is_measured,
        case
            when year(plan.start_on) < plan.fiscal_year then 12
            when year(plan.start_on) = plan.fiscal_year then 13 - month(plan.start_on)
            else 0
        end as effect_months,
        case
            when plan.fiscal_year > year(run.as_of) then 12
            when plan.fiscal_year = year(run.as_of) then 12 - month(run.as_of)
            else 0
        end as year_months_to_come

    from plan

    cross join run

    cross join history

    left join frame
        on plan.frame_id = frame.frame_id

)

select
    * exclude (year_months_to_come),
    least(effect_months, year_months_to_come) as months_to_come,
    cast(case
        when initiative_status = 'DROPPED' then 0
        else {{ divide('effect_dkk * probability_pct', '100') }}
    end as decimal(18, 2)) as expected_dkk,
    -- what is done stands in the case system, and so in the forecast
    cast(case
        when initiative_status in ('DONE', 'DROPPED') or effect_months = 0 then 0
        else {{ divide('effect_dkk * probability_pct * least(effect_months, year_months_to_come)', '100 * effect_months') }}
    end as decimal(18, 2)) as to_come_dkk

from monthly
