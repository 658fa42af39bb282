-- A12: a posting stands on another account than the one that section and activity of its course lead to. A collective
-- invoice that stands on the account of one of its courses is no gap: it is one line. Net of reversals; what lies beyond
-- the plan has no course; a malformed account of the case system is D05's. One gap a posting.
with

{{ gap_rule('A12') }},

payment as not materialized (

    select
        *,
        regexp_full_match(account_id, '[0-9]{9}-[0-9]{6}') as is_account_valid
    from {{ ref('fct_course_payment') }}

),

-- few postings stand elsewhere than a payment of theirs: only their other payments are looked up
elsewhere as (

    select
        match.posting_id,
        match.course_id,
        posting.account_id,
        posting.amount_dkk,
        posting.posted_on,
        posting.provider_id,
        coalesce(posting.invoice_no, posting.posting_id) as document_no,
        payment.account_id as planned_account_id

    from {{ ref('fct_posting_match') }} as match

    inner join {{ ref('fct_posting') }} as posting
        on match.posting_id = posting.posting_id

    inner join payment
        on match.course_payment_id = payment.course_payment_id

    anti join {{ ref('int_gap__open_posting') }} as open_posting
        on match.posting_id = open_posting.posting_id
        and open_posting.open_kind = 'beyond_plan'

    where payment.account_id <> posting.account_id
        and payment.is_account_valid

),

in_place as (

    select elsewhere.posting_id

    from elsewhere

    inner join {{ ref('fct_posting_match') }} as match
        on elsewhere.posting_id = match.posting_id

    inner join payment
        on match.course_payment_id = payment.course_payment_id

    where payment.account_id = elsewhere.account_id
        or not payment.is_account_valid

),

wrong as (

    select
        elsewhere.posting_id,
        any_value(elsewhere.account_id) as account_id,
        any_value(elsewhere.amount_dkk) as amount_dkk,
        any_value(elsewhere.posted_on) as posted_on,
        any_value(elsewhere.provider_id) as provider_id,
        any_value(elsewhere.document_no) as document_no,
        min(elsewhere.course_id) as course_id,
        string_agg(
            distinct elsewhere.planned_account_id, ', ' order by elsewhere.planned_account_id
        ) as planned_account_ids

    from elsewhere

    anti join in_place
        on elsewhere.posting_id = in_place.posting_id

    group by elsewhere.posting_id

),

standing as (

    select
        *,
        count(*) filter (where amount_dkk < 0) over (
            partition by course_id, account_id, abs(amount_dkk)
        ) as reversals,
        row_number() over (
            partition by course_id, account_id, amount_dkk order by posted_on, posting_id
        ) as nth_posting
    from wrong

)

select
    rule.rule_id,
    standing.posting_id as business_key,
    rule.severity,
    standing.course_id,
    standing.posting_id,
    standing.account_id,
    course.team_id,
    standing.provider_id,
    standing.document_no,
    standing.amount_dkk,
    standing.posted_on as occurred_on,
    {{ dkk_da('standing.amount_dkk') }} || ' er bogført ' || {{ date_da('standing.posted_on') }} || ' på konto '
        || standing.account_id || '; forløbets paragraf og aktivitet fører til konto '
        || standing.planned_account_ids || '.' as text_da

from standing

inner join {{ ref('dim_course') }} as course
    on standing.course_id = course.course_id

cross join rule

where standing.amount_dkk > 0
    and standing.nth_posting > standing.reversals
