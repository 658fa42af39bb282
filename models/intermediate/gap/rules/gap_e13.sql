-- E13: a delivery that should be there is missing, empty, wrong or doubled. What each source has brought once is expected
-- from it every month from then on, as the seed expected_delivery says, some days (its grace) after the month's end; a
-- source that never brought it owes nothing. A month's newest delivery tells whether it is empty or doubled; one that was
-- refused or could not be read counts until a good one of the same date or later. An unchanged file under a new date is an
-- observation, no gap. One gap a source, month and kind of error.
with

{{ gap_rule('E13') }},

expected as (

    select * from {{ ref('stg_reference__expected_delivery') }}

),

delivered_file as (

    select
        *,
        cast(date_trunc('month', extract_date) as date) as month
    from {{ ref('stg_control__delivery_file') }}

),

first_month as (

    select
        source_system,
        entity,
        min(month) as month
    from delivered_file
    group by source_system, entity

),

due_month as (

    select
        first_month.source_system,
        first_month.entity,
        expected.name_da,
        expected.grace_days,
        {{ months_between('first_month.month', as_of()) }} as month
    from first_month
    inner join expected
        on first_month.entity = expected.entity

),

missing as (

    select
        due_month.source_system,
        due_month.month,
        'mangler' as error_da,
        min(last_day(due_month.month) + due_month.grace_days) as occurred_on,
        'Der kom ingen ' || string_agg(due_month.name_da, ' eller ' order by due_month.name_da) as text_da
    from due_month
    anti join delivered_file
        on due_month.source_system = delivered_file.source_system
        and due_month.entity = delivered_file.entity
        and due_month.month = delivered_file.month
    where last_day(due_month.month) + due_month.grace_days < {{ as_of() }}
    group by due_month.source_system, due_month.month

),

newest_file as (

    select delivered_file.*, expected.name_da
    from delivered_file
    inner join expected
        on delivered_file.entity = expected.entity
    qualify rank() over (
        partition by delivered_file.source_system, delivered_file.entity, delivered_file.month
        order by delivered_file.extract_date desc
    ) = 1

),

empty as (

    select
        source_system,
        month,
        'tom' as error_da,
        max(extract_date) as occurred_on,
        'Leverancen har ingen ' || string_agg(name_da, ' eller ' order by name_da) as text_da
    from (
        select
            source_system,
            month,
            entity,
            name_da,
            max(extract_date) as extract_date
        from newest_file
        group by source_system, month, entity, name_da
        having sum(accepted_count) = 0
    ) as entity_of_month
    group by source_system, month

),

doubled as (

    select
        source_system,
        month,
        'dublet' as error_da,
        max(extract_date) as occurred_on,
        'Samme indhold under flere navne: ' || string_agg(file_names, '; ' order by file_names) as text_da
    from (
        select
            source_system,
            month,
            extract_date,
            string_agg(file_name, ' = ' order by file_name) as file_names
        from newest_file
        where row_count > 0
        group by source_system, month, extract_date, entity, file_hash
        having count(distinct file_name) > 1
    ) as file_of_month
    group by source_system, month

),

wrong as (

    select
        bad.source_system,
        cast(date_trunc('month', bad.extract_date) as date) as month,
        'forkert' as error_da,
        min(bad.extract_date) as occurred_on,
        'Leverancen kunne ikke læses (' || strftime(max(bad.extract_date), '%d.%m.%Y') || ')' as text_da
    from {{ ref('stg_control__delivery') }} as bad
    cross join rule
    anti join {{ ref('stg_control__delivery') }} as good
        on bad.source_system = good.source_system
        and good.status = 'loaded'
        and good.extract_date >= bad.extract_date
    where bad.status <> 'loaded'
        -- a delivery that is still being copied is no error
        and (bad.status = 'refused' or bad.extract_date < {{ as_of() }} - rule.threshold_days)
    group by bad.source_system, cast(date_trunc('month', bad.extract_date) as date)

),

finding as (

    select * from missing
    union all
    select * from empty
    union all
    select * from doubled
    union all
    select * from wrong

)

select
    rule.rule_id,
    finding.source_system || '|' || strftime(finding.month, '%Y-%m') || '|' || finding.error_da as business_key,
    rule.severity,
    cast(null as varchar) as course_id,
    cast(null as varchar) as posting_id,
    cast(null as varchar) as account_id,
    cast(null as varchar) as team_id,
    cast(null as varchar) as provider_id,
    cast(null as varchar) as document_no,
    cast(0 as decimal(18, 2)) as amount_dkk,
    finding.occurred_on,
    finding.text_da || ' fra kilden ' || finding.source_system || ' for ' || {{ month_da('finding.month') }} || '.' as text_da

from finding

cross join rule
