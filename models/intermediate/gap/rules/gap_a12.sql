-- A12: a posting stands on another account than the one that section and activity of its course lead to. A collective
-- invoice that stands on the account of one of its courses is no gap: it is one line. Net of reversals; what lies beyond
-- the plan has no course; a malformed account of the case system is D05's. One gap a posting.
with

{{ gap_rule('A12') }},

posting as (

    select * from {{ ref('fct_posting') }}

),

wrong as (

    select
        match.posting_id,
        any_value(posting.account_id) as account_id,
        any_value(posting.amount_dkk) as amount_dkk,
        any_value(posting.posted_on) as posted_on,
        any_value(posting.provider_id) as provider_id,
        any_value(coalesce(posting.invoice_no, posting.posting_id)) as document_no,
        min(match.course_id) as course_id,
        string_agg(distinct payment.account_id, ', ' order by payment.account_id) as planned_account_ids

    from {{ ref('fct_posting_match') }} as match

    inner join posting
        on match.posting_id = posting.posting_id

    inner join {{ ref('fct_course_payment') }} as payment
        on match.course_payment_id = payment.course_payment_id

    anti join {{ ref('int_gap__open_posting') }} as open_posting
        on match.posting_id = open_posting.posting_id
        and open_posting.open_kind = 'beyond_plan'

    group by match.posting_id

    having bool_and(
        payment.account_id <> posting.account_id and regexp_full_match(payment.account_id, '[0-9]{9}-[0-9]{6}')
    )

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
