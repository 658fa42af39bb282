-- Which rules run at the as-of date. A rule runs when it has a model, is switched on, and everything that it reads is
-- there; a rule that does not run has no hits, and the page says "ikke kørt" rather than 0.
with

rule as (

    select * from {{ ref('stg_reference__gap_rule') }}

),

built as (

    select unnest({{ built_gap_rules() }}) as rule_id

),

-- a rule without inputs could run from the first delivery of all
first_delivery as (

    select min(first_available_on) as extract_date from {{ ref('int_gap__available_input') }}

),

input as (

    select
        rule_id,
        trim(unnest(string_split(inputs, ','))) as input
    from rule
    where inputs is not null

),

input_status as (

    select
        input.rule_id,
        -- what is wrong on the first day that its entities were all there is old, also where the rule compares two days
        max(available_input.first_available_on) filter (where available_input.is_entity) as first_run_on,
        string_agg(
            case input.input
                when 'posting' then 'posteringer'
                when 'budget' then 'budget'
                when 'invoice' then 'fakturaer'
                when 'course_payment' then 'betalinger fra sagssystemet'
                when 'case_history' then 'sager fra sagssystemet'
                when 'previous_delivery' then 'en tidligere leverance fra sagssystemet'
                when 'budget_assumption' then 'budgetforudsætninger'
                when 'forecast_observation' then 'en tidligere prognose'
                when 'inter_municipal_income' then 'mellemkommunale indtægter i regnskabet'
                when 'budget_of_year' then 'årets budget'
                when 'budget_assumption_of_year' then 'årets budgetforudsætninger'
                when 'state_refund' then 'statsrefusion pr. barn (dranst 2) i regnskabet'
                else input.input
            end, ', ' order by input.input
        ) filter (where available_input.input is null) as missing_da
    from input
    left join {{ ref('int_gap__available_input') }} as available_input
        on input.input = available_input.input
    group by input.rule_id

),

judged as (

    select
        rule.rule_id,
        built.rule_id is not null as is_built,
        case
            when built.rule_id is null then 'Reglen er ikke bygget'
            when not rule.is_enabled then 'Slået fra: ' || coalesce(rule.disabled_reason_da, 'ingen årsag angivet')
            when input_status.missing_da is not null then 'Ikke leveret: ' || input_status.missing_da
        end as reason,
        coalesce(input_status.first_run_on, first_delivery.extract_date) as first_run_on

    from rule

    cross join first_delivery

    left join built
        on rule.rule_id = built.rule_id

    left join input_status
        on rule.rule_id = input_status.rule_id

)

select
    rule_id,
    is_built,
    reason is null as is_run,
    case when reason is null then first_run_on end as first_run_on,
    reason

from judged
