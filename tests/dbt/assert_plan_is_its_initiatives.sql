-- With the plan = without it + what its initiatives still are to give, to the øre; realised and secured likewise.
with

initiative as (

    select
        fiscal_year,
        frame_id,
        sum(remaining_dkk) as remaining_dkk,
        sum(realised_dkk) as realised_dkk,
        sum(secured_dkk) as secured_dkk
    from {{ ref('mart_savings_initiative') }}
    group by fiscal_year, frame_id

)

select
    frame.fiscal_year,
    frame.frame_id
from {{ ref('mart_overrun_frame') }} as frame
left join initiative
    on frame.fiscal_year = initiative.fiscal_year
    and frame.frame_id = initiative.frame_id
where frame.forecast_without_plan is distinct from frame.forecast
    or frame.forecast_with_plan - frame.forecast <> coalesce(initiative.remaining_dkk, 0)
    or frame.savings_realised is distinct from initiative.realised_dkk
    or frame.savings_secured is distinct from initiative.secured_dkk
    -- a plan is known to all frames or to none
    or (frame.forecast is not null and (frame.forecast_with_plan is null) <> not exists (select 1 from initiative))
