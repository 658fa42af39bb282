-- What this publication rests on: each source's last good delivery, each entity's rows, each rule run or not run, and
-- each mart whose input nobody delivered. Not run is never zero.
with

run as (

    select * from {{ ref('stg_control__run') }}

),

delivery as (

    select * from {{ ref('stg_control__delivery') }}

),

source_status as (

    select
        'source' as subject,
        source_system as name,
        case when bool_or(status = 'loaded') then 'run' else 'not_run' end as status,
        max(extract_date) filter (where status = 'loaded') as last_delivery_on,
        count(*) filter (where status = 'loaded') as deliveries,
        count(*) filter (where status = 'refused') as refused,
        count(*) filter (where status = 'skipped') as skipped,
        arg_max(reason, extract_date) filter (where status <> 'loaded') as reason
    from delivery
    group by source_system

),

file_of_source as (

    select
        source_system,
        sum(row_count) as rows_delivered,
        sum(quarantined_count) as rows_quarantined
    from {{ ref('stg_control__delivery_file') }}
    group by source_system

),

entity as (

    select unnest(['course_payment', 'case_history', 'posting', 'budget', 'invoice']) as name

),

-- the inputs without which a mart, or a column of it, has nothing to say
mart as (

    select
        unnest([
            'mart_overrun', 'mart_commitments', 'mart_unit_price', 'fct_posting_match', 'fct_posting_match', 'fct_invoice',
            'mart_state_refund', 'mart_state_refund', 'mart_state_refund.claimed_dkk',
            'mart_state_refund.inter_municipal_income_dkk'
        ]) as name,
        unnest([
            'posting', 'course_payment', 'course_payment', 'posting', 'course_payment', 'invoice',
            'posting', 'course_payment', 'state_refund', 'inter_municipal_income'
        ]) as input

),

input_da as (

    select
        unnest(['posting', 'course_payment', 'invoice', 'state_refund', 'inter_municipal_income']) as input,
        unnest([
            'posteringer', 'forløbsbetalinger', 'fakturaer', 'statsrefusion pr. barn (dranst 2) i regnskabet',
            'mellemkommunale indtægter i regnskabet'
        ]) as name_da

),

available_input as (

    select * from {{ ref('int_gap__available_input') }}

),

file_of_entity as (

    select
        entity as name,
        max(extract_date) as last_delivery_on,
        count(distinct extract_date) as deliveries,
        sum(row_count) as rows_delivered,
        sum(quarantined_count) as rows_quarantined
    from {{ ref('stg_control__delivery_file') }}
    group by entity

)

select
    run.as_of,
    source_status.subject,
    source_status.name,
    source_status.status,
    source_status.last_delivery_on,
    run.as_of - source_status.last_delivery_on as age_days,
    source_status.deliveries,
    source_status.refused,
    source_status.skipped,
    cast(file_of_source.rows_delivered as bigint) as rows_delivered,
    cast(file_of_source.rows_quarantined as bigint) as rows_quarantined,
    source_status.reason
from source_status
cross join run
left join file_of_source
    on source_status.name = file_of_source.source_system

union all

select
    run.as_of,
    'entity' as subject,
    entity.name,
    case when file_of_entity.name is not null then 'run' else 'not_run' end as status,
    file_of_entity.last_delivery_on,
    run.as_of - file_of_entity.last_delivery_on as age_days,
    coalesce(file_of_entity.deliveries, 0) as deliveries,
    cast(null as bigint) as refused,
    cast(null as bigint) as skipped,
    cast(file_of_entity.rows_delivered as bigint) as rows_delivered,
    cast(file_of_entity.rows_quarantined as bigint) as rows_quarantined,
    case when file_of_entity.name is null then 'Ikke leveret' end as reason
from entity
cross join run
left join file_of_entity
    on entity.name = file_of_entity.name

union all

select
    run.as_of,
    'rule' as subject,
    rule_status.rule_id as name,
    case when rule_status.is_run then 'run' else 'not_run' end as status,
    cast(null as date) as last_delivery_on,
    cast(null as bigint) as age_days,
    cast(null as bigint) as deliveries,
    cast(null as bigint) as refused,
    cast(null as bigint) as skipped,
    cast(null as bigint) as rows_delivered,
    cast(null as bigint) as rows_quarantined,
    rule_status.reason
from {{ ref('int_gap__rule_status') }} as rule_status
cross join run

union all

select
    run.as_of,
    'mart' as subject,
    mart.name,
    case when count(available_input.input) = count(*) then 'run' else 'not_run' end as status,
    cast(null as date) as last_delivery_on,
    cast(null as bigint) as age_days,
    cast(null as bigint) as deliveries,
    cast(null as bigint) as refused,
    cast(null as bigint) as skipped,
    cast(null as bigint) as rows_delivered,
    cast(null as bigint) as rows_quarantined,
    'Ikke leveret: ' || string_agg(input_da.name_da, ', ' order by input_da.name_da)
        filter (where available_input.input is null) as reason
from mart
cross join run
inner join input_da
    on mart.input = input_da.input
left join available_input
    on mart.input = available_input.input
group by run.as_of, mart.name
