-- The status of sources and entities counts the rows of the deliveries that this build is made of, and names the last one.
with

counted as (

    select
        'source' as subject,
        source_system as name,
        count(distinct extract_date) as deliveries,
        max(extract_date) as last_delivery_on,
        sum(row_count) as rows_delivered,
        sum(quarantined_count) as rows_quarantined
    from {{ ref('stg_control__delivery_file') }}
    group by source_system

    union all

    select
        'entity' as subject,
        entity as name,
        count(distinct extract_date) as deliveries,
        max(extract_date) as last_delivery_on,
        sum(row_count) as rows_delivered,
        sum(quarantined_count) as rows_quarantined
    from {{ ref('stg_control__delivery_file') }}
    group by entity

)

select
    status.subject,
    status.name
from {{ ref('mart_run_status') }} as status
left join counted
    on status.subject = counted.subject
    and status.name = counted.name
where status.subject in ('source', 'entity')
    and (
        status.deliveries is distinct from coalesce(counted.deliveries, 0)
        or status.last_delivery_on is distinct from counted.last_delivery_on
        or coalesce(status.rows_delivered, 0) <> coalesce(counted.rows_delivered, 0)
        or coalesce(status.rows_quarantined, 0) <> coalesce(counted.rows_quarantined, 0)
        or status.age_days is distinct from status.as_of - status.last_delivery_on
        or (status.status = 'run') <> (status.deliveries > 0)
    )

union all

select
    counted.subject,
    counted.name
from counted
where counted.subject = 'source'
    and counted.name not in (select listed.name from {{ ref('mart_run_status') }} as listed where listed.subject = 'source')
