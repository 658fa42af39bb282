-- Postings that no planned payment explains, and the planned months that each may pay for. Unmatched: no step of the
-- cascade found a course. Ambiguous: several courses fit equally well, or the rest of a collective invoice. Beyond the
-- plan: matched by its amount alone to a payment that another posting meets to the krone, and not of that amount: it
-- repeats nothing, it lacks a payment of its own. `supplier_month_key` names the supplier (or unit, or account) and month
-- in which rule A02 sums them; the month is the text's, else that of the posting. Grain: posting.
with

posting as (

    select
        *,
        coalesce(provider_id, 'konto ' || account_id) as party,
        coalesce(service_month, cast(date_trunc('month', posted_on) as date)) as counted_month
    from {{ ref('int_ledger__posting') }}

),

payment as (

    select * from {{ ref('fct_course_payment') }}

),

unexplained as (

    select
        posting_id,
        case when candidates = 0 then 'unmatched' else 'ambiguous' end as open_kind,
        candidates,
        -- the rest of a collective invoice
        allocated_dkk
    from {{ ref('fct_posting_match') }}
    where course_payment_id is null

),

beyond_plan as (

    select
        match.posting_id,
        'beyond_plan' as open_kind,
        match.candidates,
        match.allocated_dkk
    from {{ ref('fct_posting_match') }} as match
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
    open_posting.candidates,
    posting.posted_on,
    posting.account_id,
    posting.art_no,
    posting.is_income,
    posting.person_key,
    posting.provider_id,
    posting.supplier_name,
    posting.invoice_no,
    posting.amount_dkk,
    cast(coalesce(open_posting.allocated_dkk, posting.amount_dkk) as decimal(18, 2)) as open_dkk,
    posting.party,
    posting.counted_month,
    posting.party || '|' || strftime(posting.counted_month, '%Y-%m') as supplier_month_key,
    matching_posting.supplier_no,
    cast(coalesce(
        posting.service_month, date_trunc('month', posting.posted_on - {{ var('match_window_days') }})
    ) as date) as first_month,
    posting.counted_month as last_month

from open_posting

inner join posting
    on open_posting.posting_id = posting.posting_id

inner join {{ ref('int_posting_match__posting') }} as matching_posting
    on open_posting.posting_id = matching_posting.posting_id
