-- Which rules run at the as-of date. A rule runs when it is built and every entity that it reads has been delivered
-- at least once; a rule that does not run has no hits, and the page says "ikke kørt" rather than 0.
with

rule as (

    select * from {{ ref('stg_reference__gap_rule') }}

),

delivered as (

    select
        entity,
        min(extract_date) as first_delivered_on
    from {{ ref('stg_control__delivery_file') }}
    group by entity

),

-- a rule without inputs could run from the first delivery of all
first_delivery as (

    select min(first_delivered_on) as extract_date from delivered

),

input as (

    select
        rule_id,
        trim(unnest(string_split(inputs, ','))) as entity
    from rule
    where inputs is not null

),

input_delivered as (

    select
        input.rule_id,
        max(delivered.first_delivered_on) as first_run_on,
        string_agg(
            case input.entity
                when 'posting' then 'posteringer'
                when 'budget' then 'budget'
                when 'invoice' then 'fakturaer'
                when 'course_payment' then 'betalinger fra sagssystemet'
                when 'case_history' then 'sager fra sagssystemet'
                else input.entity
            end, ', ' order by input.entity
        ) filter (where delivered.entity is null) as missing_da
    from input
    left join delivered
        on input.entity = delivered.entity
    group by input.rule_id

)

select
    rule.rule_id,
    rule.is_built,
    rule.is_built and input_delivered.missing_da is null as is_run,
    -- what was wrong on the first day that the rule could run is backlog
    case
        when rule.is_built and input_delivered.missing_da is null
            then coalesce(input_delivered.first_run_on, first_delivery.extract_date)
    end as first_run_on,
    case
        when not rule.is_built then 'Reglen er ikke bygget'
        when input_delivered.missing_da is not null then 'Ikke leveret: ' || input_delivered.missing_da
    end as reason

from rule

cross join first_delivery

left join input_delivered
    on rule.rule_id = input_delivered.rule_id
