-- Frame x function (NULL: the whole frame) x field of the quarterly template: the year's figures in the order, unit and
-- sign that the seed quarterly_template asks for. A field without a column is for a person to fill in.
{%- set summed = [
    'budget_original', 'budget_supplementary', 'budget_corrected', 'actual_to_date', 'actual_expenditure', 'actual_income',
    'accrued_unposted', 'committed_remaining', 'pipeline_expected', 'net_inflow', 'spill_out', 'committed_next_year',
    'full_year_effect',
] %}
{%- set columns = summed + ['forecast', 'forecast_service_frame', 'expected_overrun', 'expected_overrun_pct'] %}
with

run as (

    select * from {{ ref('stg_control__run') }}

),

template as (

    select * from {{ ref('stg_reference__quarterly_template') }}

),

overrun as (

    select overrun.*
    from {{ ref('mart_overrun') }} as overrun
    cross join run
    where overrun.fiscal_year = year(run.as_of)

),

figure as (

    select
        as_of,
        fiscal_year,
        frame_id,
        function_no,
        grouping(function_no) = 1 as is_whole_frame,
        {%- for column in summed %}
        sum({{ column }}) as {{ column }},
        {%- endfor %}
        -- not known where a part of it is not
        case when count(forecast) = count(*) then sum(forecast) end as forecast,
        sum(forecast) filter (where is_service_frame) as forecast_service_frame,
        case when count(expected_overrun) = count(*) then sum(expected_overrun) end as expected_overrun,
        case
            when sum(budget_corrected) > 0 and count(expected_overrun) = count(*)
                then {{ divide('sum(expected_overrun) * 100', 'sum(budget_corrected)') }}
        end as expected_overrun_pct
    from overrun
    group by grouping sets ((as_of, fiscal_year, frame_id, function_no), (as_of, fiscal_year, frame_id))

),

function as (

    select
        function_no,
        max(function_name_da) as function_name_da
    from {{ ref('dim_account') }}
    group by function_no

)

select
    figure.as_of,
    figure.fiscal_year,
    figure.frame_id,
    figure.is_whole_frame,
    figure.function_no,
    function.function_name_da,
    template.field_no,
    template.label_da,
    template.mart_column,
    template.unit,
    template.sign,
    case template.mart_column
        {%- for column in columns %}
        when '{{ column }}'
            then case template.unit
                when '1000 kr.' then {{ divide('figure.' ~ column ~ ' * template.sign', '1000') }}
                when 'mio. kr.' then {{ divide('figure.' ~ column ~ ' * template.sign', '1000000') }}
                else cast(figure.{{ column }} * template.sign as decimal(18, 2))
            end
        {%- endfor %}
    end as value

from figure

cross join template

left join function
    on figure.function_no = function.function_no
    and not figure.is_whole_frame
