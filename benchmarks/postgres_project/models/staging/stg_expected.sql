select
    cast(payment_schedule__payment_id as bigint) as course_id,
    cast("date" as date) as planned_on,
    cast(amount as decimal(18, 2)) as planned_dkk,
    cast(fictive as boolean) as is_fictive,
    activity_status,
    cast(activity_start_date as date) as start_on,
    coalesce(correction.account_id, {{ account() }}) as account_id
{{ corrected('expected') }}
