-- Fiscal year x frame: mart_overrun summed, with the savings target and its state.
with

overrun as (

    select
        as_of,
        fiscal_year,
        frame_id,
        max(year_status) as year_status,
        sum(budget_original) as budget_original,
        sum(budget_supplementary) as budget_supplementary,
        sum(budget_transfer) as budget_transfer,
        sum(budget_corrected) as budget_corrected,
        sum(actual_to_date) as actual_to_date,
        sum(actual_expenditure) as actual_expenditure,
        sum(actual_income) as actual_income,
        sum(accrued_unposted) as accrued_unposted,
        sum(committed_remaining) as committed_remaining,
        sum(committed_internal) as committed_internal,
        sum(pipeline_expected) as pipeline_expected,
        sum(pipeline_stale) as pipeline_stale,
        sum(net_inflow) as net_inflow,
        sum(spill_out) as spill_out,
        sum(forecast) as forecast,
        sum(forecast) filter (where is_service_frame) as forecast_service_frame,
        sum(committed_next_year) as committed_next_year,
        sum(full_year_effect) as full_year_effect,
        sum(price_hold_dkk) as price_hold_dkk
    from {{ ref('mart_overrun') }}
    group by as_of, fiscal_year, frame_id

),

target as (

    select
        frame_id,
        fiscal_year,
        target_dkk
    from {{ ref('stg_reference__frame_savings_target') }}

),

-- an action plan is a delivery of its own; while none has come its effect is unknown, not nothing
plan_delivered as (

    select count(*) > 0 as is_delivered from {{ ref('mart_savings_initiative') }}

),

plan as (

    select
        overrun.fiscal_year,
        overrun.frame_id,
        sum(initiative.planned_dkk) filter (where initiative.status <> 'DROPPED') as planned_dkk,
        sum(initiative.realised_dkk) as realised_dkk,
        sum(initiative.secured_dkk) as secured_dkk,
        case when plan_delivered.is_delivered then coalesce(sum(initiative.remaining_dkk), 0) end as to_come_dkk,
        case
            when plan_delivered.is_delivered
                then coalesce(sum(initiative.realised_dkk), 0) + coalesce(sum(initiative.secured_dkk), 0)
        end as found_dkk
    from overrun
    cross join plan_delivered
    left join {{ ref('mart_savings_initiative') }} as initiative
        on overrun.fiscal_year = initiative.fiscal_year
        and overrun.frame_id = initiative.frame_id
    group by overrun.fiscal_year, overrun.frame_id, plan_delivered.is_delivered

)

select
    overrun.as_of,
    overrun.fiscal_year,
    overrun.frame_id,
    frame.name as frame_name,
    overrun.year_status,
    cast(overrun.budget_original as decimal(18, 2)) as budget_original,
    cast(overrun.budget_supplementary as decimal(18, 2)) as budget_supplementary,
    cast(overrun.budget_transfer as decimal(18, 2)) as budget_transfer,
    cast(overrun.budget_corrected as decimal(18, 2)) as budget_corrected,
    cast(overrun.actual_to_date as decimal(18, 2)) as actual_to_date,
    cast(overrun.actual_expenditure as decimal(18, 2)) as actual_expenditure,
    cast(overrun.actual_income as decimal(18, 2)) as actual_income,
    cast(overrun.accrued_unposted as decimal(18, 2)) as accrued_unposted,
    cast(overrun.committed_remaining as decimal(18, 2)) as committed_remaining,
    cast(overrun.committed_internal as decimal(18, 2)) as committed_internal,
    cast(overrun.pipeline_expected as decimal(18, 2)) as pipeline_expected,
    cast(overrun.pipeline_stale as decimal(18, 2)) as pipeline_stale,
    cast(overrun.net_inflow as decimal(18, 2)) as net_inflow,
    cast(overrun.spill_out as decimal(18, 2)) as spill_out,
    cast(overrun.forecast as decimal(18, 2)) as forecast,
    cast(overrun.forecast_service_frame as decimal(18, 2)) as forecast_service_frame,
    cast(overrun.forecast - overrun.budget_corrected as decimal(18, 2)) as expected_overrun,
    case
        when overrun.budget_corrected > 0
            then {{ divide('(overrun.forecast - overrun.budget_corrected) * 100', 'overrun.budget_corrected') }}
    end as expected_overrun_pct,
    cast(overrun.committed_next_year as decimal(18, 2)) as committed_next_year,
    cast(overrun.full_year_effect as decimal(18, 2)) as full_year_effect,
    cast(target.target_dkk as decimal(18, 2)) as savings_target,
    cast(plan.planned_dkk as decimal(18, 2)) as savings_planned,
    cast(plan.realised_dkk as decimal(18, 2)) as savings_realised,
    cast(plan.secured_dkk as decimal(18, 2)) as savings_secured,
    cast(target.target_dkk - plan.found_dkk as decimal(18, 2)) as savings_remaining,
    cast(plan.to_come_dkk as decimal(18, 2)) as savings_expected,
    cast(overrun.forecast as decimal(18, 2)) as forecast_without_plan,
    cast(overrun.forecast + plan.to_come_dkk as decimal(18, 2)) as forecast_with_plan,
    cast(overrun.forecast + plan.to_come_dkk - overrun.budget_corrected as decimal(18, 2)) as expected_overrun_with_plan,
    cast(overrun.price_hold_dkk as decimal(18, 2)) as price_hold_dkk

from overrun

left join {{ ref('dim_frame') }} as frame
    on overrun.frame_id = frame.frame_id

left join target
    on overrun.frame_id = target.frame_id
    and overrun.fiscal_year = target.fiscal_year

left join plan
    on overrun.frame_id = plan.frame_id
    and overrun.fiscal_year = plan.fiscal_year
