select
    cast(file.id as bigint) as payment_no,
    cast(payment_schedule__payment_id as bigint) as course_id,
    sbsys_id as appropriation_id,
    cast("date" as date) as planned_on,
    cast(amount as decimal(18, 2)) as planned_dkk,
    cast(fictive as boolean) as is_fictive,
    case payment_schedule__payment_frequency when 'WEEKLY' then 7 when 'BIWEEKLY' then 14 else 1 end as service_days,
    activity_type = 'MAIN_ACTIVITY' as is_main,
    recipient_type = 'INTERNAL' as is_internal,
    case recipient_type when 'COMPANY' then recipient_id when 'INTERNAL' then recipient_name else 'PERSON' end as provider_id,
    section as section_id,
    case when activity_type = 'MAIN_ACTIVITY' then activity__details__activity_id else main_activity_id end as activity_no,
    coalesce(target_group, 'Ukendt') as target_group,
    cast(activity_start_date as date) as start_on,
    cast(activity_end_date as date) as end_on,
    coalesce(correction.account_id, {{ account() }}) as account_id
{{ corrected('granted') }}
