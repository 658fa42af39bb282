-- A10: paid twice, net of reversals and their reposts (int_gap__repeated_posting says what counts). One gap a further
-- posting; the course where the cascade knows it.
with

{{ gap_rule('A10') }},

course_of_posting as (

    select posting_id, min(course_id) as course_id
    from {{ ref('fct_posting_match') }}
    group by posting_id

)

select
    rule.rule_id,
    double_payment.posting_id as business_key,
    rule.severity,
    course_of_posting.course_id,
    double_payment.posting_id,
    posting.account_id,
    course.team_id,
    posting.provider_id,
    coalesce(posting.invoice_no, posting.posting_id) as document_no,
    posting.amount_dkk,
    posting.posted_on as occurred_on,
    double_payment.text_da

from {{ ref('int_gap__repeated_posting') }} as double_payment

inner join {{ ref('fct_posting') }} as posting
    on double_payment.posting_id = posting.posting_id

left join course_of_posting
    on double_payment.posting_id = course_of_posting.posting_id

left join {{ ref('dim_course') }} as course
    on course_of_posting.course_id = course.course_id

cross join rule

where double_payment.is_double_payment
