-- Planned money at prices that rule D16 finds implausible and no steward has confirmed, on the months that it pays for.
with

confirmed as (

    select course_id from {{ ref('int_gap__price_hold') }} where is_confirmed

),

payment as (

    select
        implausible.course_id,
        implausible.planned_on,
        implausible.payment_frequency,
        implausible.planned_dkk as on_hold_dkk
    from {{ ref('int_gap__implausible_payment') }} as implausible
    anti join confirmed
        on implausible.course_id = confirmed.course_id
    where implausible.is_granted
        and not coalesce(implausible.is_fictive, false)

),

{{ service_months('payment') }}

select
    course_id,
    month,
    cast(sum({{ split_part('on_hold_dkk', 'days_before', 'days_through', 'service_days') }}) as decimal(18, 2)) as on_hold_dkk
from service_month
group by course_id, month
