-- The courses whose price rule D16 finds implausible, with the money that the overrun forecast holds out until a steward
-- has confirmed the price (an acceptance of the gap): what is left of the implausible payments within the accrual window
-- and to the end of the year. int_gap__implausible_payment has the payments. Grain: course.
with

decision as (

    select * from {{ ref('int_gap__decision') }}

),

held as (

    select
        course_id,
        -- the newest payment's: what the steward sees in the case system
        arg_max(reason, planned_on) as reason,
        arg_max(payment_cost_type, planned_on) as payment_cost_type,
        arg_max(found, planned_on) as found,
        arg_max(usual, planned_on) as usual,
        arg_max(coalesce(courses, 0), planned_on) as courses,
        count(*) as payments,
        min(planned_on) as first_on,
        max(planned_on) as last_on,
        sum(planned_dkk) filter (where not is_fictive and is_granted) as planned_dkk,
        sum(left_dkk) filter (
            where not is_fictive
                and planned_on > {{ as_of() }} - {{ var('accrual_window_days') }}
                and year(planned_on) <= year({{ as_of() }})
        ) as held_dkk
    from {{ ref('int_gap__implausible_payment') }}
    group by course_id

)

select
    held.course_id,
    held.reason,
    held.payment_cost_type,
    held.found,
    held.usual,
    held.courses,
    held.payments,
    held.first_on,
    held.last_on,
    cast(coalesce(held.planned_dkk, 0) as decimal(18, 2)) as planned_dkk,
    cast(coalesce(held.held_dkk, 0) as decimal(18, 2)) as held_dkk,
    decision.decision is not null as is_confirmed

from held

left join decision
    on {{ gap_id("'D16'", 'held.course_id') }} = decision.gap_id
    and decision.decision = 'ACCEPT'
