-- What a steward coupled a posting to, and the payment that it is: the newest decision on the posting counts, a
-- revocation takes it back. A bare course is its payment of the nearest service month; NULL where there is no such
-- payment, so that the override shows instead of vanishing. Grain: posting.
with

newest as (

    select
        posting_id,
        decision,
        course_payment_id as written_payment_id,
        decided_by,
        decided_on
    from {{ ref('stg_plan__steward_decision') }}
    where posting_id is not null
        and decision in ('MATCH', 'REVOKE')
    -- nobody decides after the sheet is delivered: a mistyped year would stand for ever
    qualify row_number() over (
        partition by posting_id order by least(decided_on, extract_date) desc, extract_date desc, row_no desc
    ) = 1

),

coupled as (

    select
        newest.*,
        posting.posting_id is not null as is_posting_known,
        posting.amount_dkk,
        coalesce(posting.service_month, posting.posted_on) as month
    from newest
    left join {{ ref('int_posting_match__posting') }} as posting
        on newest.posting_id = posting.posting_id
    where newest.decision = 'MATCH'

),

target as (

    select
        coupled.posting_id,
        payment.course_payment_id
    from coupled
    inner join {{ ref('int_posting_match__payment') }} as payment
        on coupled.written_payment_id = payment.course_payment_id

    union all

    select
        coupled.posting_id,
        payment.course_payment_id
    from coupled
    inner join {{ ref('int_posting_match__payment') }} as payment
        on coupled.written_payment_id = payment.course_id
    qualify row_number() over (
        partition by coupled.posting_id
        order by
            abs(date_diff('month', coupled.month, payment.planned_month)),
            abs(coupled.amount_dkk - payment.planned_dkk),
            payment.planned_on
    ) = 1

)

select
    coupled.posting_id,
    coupled.written_payment_id,
    target.course_payment_id,
    coupled.is_posting_known,
    coupled.amount_dkk,
    coupled.decided_by,
    coupled.decided_on

from coupled

left join target
    on coupled.posting_id = target.posting_id
