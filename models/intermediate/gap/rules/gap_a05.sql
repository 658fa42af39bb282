-- A05: posted, and not marked as paid in the case system some days (threshold) later. Invoices are marked by hand, and
-- often not at all: a count per team, not a list.
with

{{ gap_rule('A05') }},

posted as (

    select
        match.course_payment_id,
        max(posting.posted_on) as posted_on
    from {{ ref('fct_posting_match') }} as match
    inner join {{ ref('fct_posting') }} as posting
        on match.posting_id = posting.posting_id
    where match.course_payment_id is not null
    group by match.course_payment_id

),

unmarked as (

    select
        course.team_id,
        count(*) as payments,
        count(distinct payment.course_id) as courses,
        cast(sum(payment.allocated_dkk) as decimal(18, 2)) as amount_dkk,
        min(posted.posted_on) as first_posted_on

    from {{ ref('fct_course_payment') }} as payment

    inner join posted
        on payment.course_payment_id = posted.course_payment_id

    inner join {{ ref('dim_course') }} as course
        on payment.course_id = course.course_id

    cross join rule

    where payment.is_current
        and payment.status = 'GRANTED'
        and payment.paid_on is null
        and payment.allocated_dkk > 0
        and posted.posted_on <= {{ as_of() }} - rule.threshold_days

    group by course.team_id

)

select
    rule.rule_id,
    coalesce(unmarked.team_id, 'uden team') as business_key,
    rule.severity,
    cast(null as varchar) as course_id,
    cast(null as varchar) as posting_id,
    cast(null as varchar) as account_id,
    unmarked.team_id,
    cast(null as varchar) as provider_id,
    cast(null as varchar) as document_no,
    unmarked.amount_dkk,
    unmarked.first_posted_on as occurred_on,
    'Bogførte betalinger, der ikke er markeret betalt i BOS: ' || unmarked.payments || ' på ' || unmarked.courses
        || ' forløb, i alt ' || {{ dkk_da('unmarked.amount_dkk') }} as text_da

from unmarked

cross join rule
