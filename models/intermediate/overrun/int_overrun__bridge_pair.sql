-- Fiscal year x account x course x month: the forecast's parts at both dates side by side, in the years that both dates
-- have a forecast of. The plan of a course that moved to another account is compared there; what it was counted with on
-- the old account is in moved_dkk, with opposite signs on the two.
{%- set plan = {
    'left_dkk': 'accrued_unposted + committed_remaining',
    'pipeline_dkk': 'pipeline_weighted',
    'hold_dkk': 'price_hold_dkk',
    'planned_dkk': 'planned_dkk',
    'allocated_dkk': 'allocated_dkk',
    'payments': 'planned_payments',
    'units': 'planned_units',
} %}
{%- set account = {
    'posted_dkk': 'actual_to_date - spill_out',
    'net_inflow_dkk': 'net_inflow',
    'method_dkk': 'method_dkk',
    'budget_corrected': 'budget_corrected',
    'forecast': 'forecast',
} %}
with

component as (

    select * from {{ ref('stg_control__component_observation') }}

    union all by name

    select
        pair.built_as_of as observed_on,
        today.*
    from {{ ref('int_overrun__component') }} as today
    cross join {{ ref('int_overrun__bridge_date') }} as pair

),

before as (

    select
        component.*,
        case
            when course.is_moved and component.account_id = course.account_id_before then course.account_id_now
            else component.account_id
        end as plan_account_id
    from component
    inner join {{ ref('int_overrun__bridge_date') }} as pair
        on component.observed_on = pair.previous_as_of
    left join {{ ref('int_overrun__bridge_course') }} as course
        on component.course_id = course.course_id

),

now as (

    select component.*
    from component
    inner join {{ ref('int_overrun__bridge_date') }} as pair
        on component.observed_on = pair.as_of

),

side as (

    select
        fiscal_year,
        account_id,
        course_id,
        month,
        {%- for name, source in account.items() %}
        {{ source }} as {{ name }}_before,
        {%- endfor %}
        forecast_method as forecast_method_before,
        forecast is null as is_unknown_before,
        case when plan_account_id <> account_id then -(accrued_unposted + committed_remaining + pipeline_weighted) end as moved_dkk
    from before

    union all by name

    select
        fiscal_year,
        plan_account_id as account_id,
        course_id,
        month,
        {%- for name, source in plan.items() %}
        {{ source }} as {{ name }}_before,
        {%- endfor %}
        case when plan_account_id <> account_id then accrued_unposted + committed_remaining + pipeline_weighted end as moved_dkk
    from before

    union all by name

    select
        fiscal_year,
        account_id,
        course_id,
        month,
        {%- for name, source in (account.items() | list) + (plan.items() | list) %}
        {{ source }} as {{ name }}_now,
        {%- endfor %}
        forecast_method as forecast_method_now,
        forecast is null as is_unknown_now,
        pipeline_stale as stale_dkk_now
    from now

),

-- before anything is summed: the first delivery has no year to compare
compared_year as (

    select distinct before.fiscal_year
    from before
    semi join now
        on before.fiscal_year = now.fiscal_year

)

select
    side.fiscal_year,
    side.account_id,
    side.course_id,
    side.month,
    {%- for date in ['before', 'now'] %}
    {%- for name in account.keys() | list + plan.keys() | list if name not in ['units', 'budget_corrected', 'method_dkk', 'forecast'] %}
    coalesce(sum({{ name }}_{{ date }}), 0) as {{ name }}_{{ date }},
    {%- endfor %}
    sum(units_{{ date }}) as units_{{ date }},
    max(budget_corrected_{{ date }}) as budget_corrected_{{ date }},
    max(forecast_method_{{ date }}) as forecast_method_{{ date }},
    {%- for name in ['method_dkk', 'forecast'] %}
    -- unknown where the account's forecast is; nothing where there is none
    case
        when not coalesce(bool_or(is_unknown_{{ date }}), false) then coalesce(sum({{ name }}_{{ date }}), 0)
    end as {{ name }}_{{ date }},
    {%- endfor %}
    {%- endfor %}
    coalesce(sum(stale_dkk_now), 0) as stale_dkk_now,
    coalesce(sum(moved_dkk), 0) as moved_dkk
from side
semi join compared_year
    on side.fiscal_year = compared_year.fiscal_year
group by side.fiscal_year, side.account_id, side.course_id, side.month
