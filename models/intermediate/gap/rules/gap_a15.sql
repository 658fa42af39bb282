-- A15: paid on a course that is only expected, net of what was taken back; what lies beyond the plan has no course. One
-- gap a course.
with

{{ gap_rule('A15') }},

posted as (

    select
        payment.course_id,
        case when count(distinct match.posting_id) = 1 then min(match.posting_id) end as posting_id,
        string_agg(
            distinct coalesce(posting.invoice_no, posting.posting_id), ', '
            order by coalesce(posting.invoice_no, posting.posting_id)
        ) as document_no,
        count(distinct match.posting_id) as postings,
        min(posting.posted_on) as first_posted_on,
        cast(sum(match.allocated_dkk) as decimal(18, 2)) as amount_dkk

    from {{ ref('fct_posting_match') }} as match

    inner join {{ ref('fct_posting') }} as posting
        on match.posting_id = posting.posting_id

    inner join {{ ref('fct_course_payment') }} as payment
        on match.course_payment_id = payment.course_payment_id
        and payment.status = 'EXPECTED'

    anti join {{ ref('int_gap__open_posting') }} as open_posting
        on match.posting_id = open_posting.posting_id
        and open_posting.open_kind = 'beyond_plan'

    group by payment.course_id

    having sum(match.allocated_dkk) > 0

)

select
    rule.rule_id,
    course.course_id as business_key,
    rule.severity,
    course.course_id,
    posted.posting_id,
    course.account_id,
    course.team_id,
    course.provider_id,
    posted.document_no,
    posted.amount_dkk,
    posted.first_posted_on as occurred_on,
    'Forløbet er kun forventet, men der er bogført ' || {{ dkk_da('posted.amount_dkk') }} || ' siden '
        || {{ date_da('posted.first_posted_on') }} || ' (posteringer: ' || posted.postings || ').' as text_da

from posted

inner join {{ ref('dim_course') }} as course
    on posted.course_id = course.course_id

cross join rule
