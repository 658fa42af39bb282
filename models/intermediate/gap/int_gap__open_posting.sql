-- Postings that no planned payment explains, and the planned months that each may pay for. Unmatched: no step of the
-- cascade found a course. Ambiguous: several courses fit equally well, or the rest of a collective invoice. Beyond the
-- plan: matched by its amount alone to a payment that another posting meets to the krone, and not of that amount: it
-- repeats nothing, it lacks a payment of its own. Grain: posting.
with

match as (

    select * from {{ ref('fct_posting_match') }}

),

posting as (

    select * from {{ ref('int_posting_match__posting') }}

),

payment as (

    select * from {{ ref('fct_course_payment') }}

),

unexplained as (

    select
        posting_id,
        case when candidates = 0 then 'unmatched' else 'ambiguous' end as open_kind,
        -- the rest of a collective invoice
        allocated_dkk
    from match
    where course_payment_id is null

),

beyond_plan as (

    select
        match.posting_id,
        'beyond_plan' as open_kind,
        match.allocated_dkk
    from match
    inner join payment
        on match.course_payment_id = payment.course_payment_id
    where payment.planned_dkk > 0
    qualify match.match_method in ('internal_account', 'supplier_account_amount', 'supplier_amount')
        and match.allocated_dkk > 0
        and abs(match.allocated_dkk - payment.planned_dkk) > {{ var('match_tolerance_dkk') }}
        and payment.allocated_dkk - match.allocated_dkk >= payment.planned_dkk - {{ var('match_tolerance_dkk') }}
        and bool_or(abs(match.allocated_dkk - payment.planned_dkk) <= {{ var('match_tolerance_dkk') }})
            over (partition by match.course_payment_id)
        and count(*) over (partition by match.course_payment_id, match.allocated_dkk) = 1

),

open_posting as (

    select * from unexplained
    union all
    select * from beyond_plan

)

select
    open_posting.posting_id,
    open_posting.open_kind,
    posting.supplier_no,
    posting.account_id,
    cast(coalesce(open_posting.allocated_dkk, posting.amount_dkk) as decimal(18, 2)) as amount_dkk,
    cast(coalesce(
        posting.service_month, date_trunc('month', posting.posted_on - {{ var('match_window_days') }})
    ) as date) as first_month,
    cast(coalesce(posting.service_month, date_trunc('month', posting.posted_on)) as date) as last_month

from open_posting

inner join posting
    on open_posting.posting_id = posting.posting_id
