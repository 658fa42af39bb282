-- The template's figures of a frame are mart_overrun_frame's, in its unit and with its sign; its functions sum to the frame,
-- but for what rounding them to the unit takes or adds.
{%- set columns = [
    'budget_original', 'budget_supplementary', 'budget_corrected', 'actual_to_date', 'actual_expenditure', 'actual_income',
    'accrued_unposted', 'committed_remaining', 'pipeline_expected', 'net_inflow', 'spill_out', 'committed_next_year',
    'full_year_effect', 'forecast', 'forecast_service_frame', 'expected_overrun', 'expected_overrun_pct',
] %}
with

template as (

    select
        *,
        case unit when '1000 kr.' then 1000 when 'mio. kr.' then 1000000 else 1 end as factor
    from {{ ref('mart_quarterly_template') }}
    where mart_column is not null

),

-- one column after the other: `unpivot` would need them all of one type
frame as (
    {% for column in columns %}
    select
        fiscal_year,
        frame_id,
        '{{ column }}' as mart_column,
        {{ column }} as value
    from {{ ref('mart_overrun_frame') }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}

)

select
    template.frame_id,
    template.mart_column
from template
left join frame
    on template.fiscal_year = frame.fiscal_year
    and template.frame_id = frame.frame_id
    and template.mart_column = frame.mart_column
where template.is_whole_frame
    and template.value is distinct from {{ divide('frame.value * template.sign', 'template.factor') }}

union all

select
    template.frame_id,
    template.mart_column
from template
where template.unit <> 'pct.'
group by template.frame_id, template.mart_column
having count(*) = count(template.value)
    and abs(
        sum(template.value) filter (where not template.is_whole_frame) - sum(template.value) filter (where template.is_whole_frame)
    ) > 0.01 * count(*)
    -- the year's frames, each with every field
    or count(*) filter (where template.is_whole_frame) <> 1

union all

select
    frame.frame_id,
    'missing' as mart_column
from {{ ref('mart_overrun_frame') }} as frame
where frame.fiscal_year = year(frame.as_of)
    and frame.frame_id not in (select listed.frame_id from template as listed)
