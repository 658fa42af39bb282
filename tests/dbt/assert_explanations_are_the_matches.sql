-- Every posting that was looked at is explained once, with the amount of the ledger and what the matches allocate; every
-- payment that is due and not paid likewise, with what is planned and allocated.
with

expected as (

    select
        'posting' as subject,
        posting.posting_id as subject_id,
        posting.account_id,
        posting.amount_dkk,
        coalesce(sum(match.allocated_dkk) filter (where match.course_payment_id is not null), 0) as allocated_dkk
    from {{ ref('fct_posting_match') }} as match
    inner join {{ ref('fct_posting') }} as posting
        on match.posting_id = posting.posting_id
    group by posting.posting_id, posting.account_id, posting.amount_dkk

    union all

    select
        'payment' as subject,
        payment.course_payment_id as subject_id,
        payment.account_id,
        payment.planned_dkk as amount_dkk,
        payment.allocated_dkk
    from {{ ref('fct_course_payment') }} as payment
    semi join {{ ref('mart_match_explain') }} as explained
        on payment.course_payment_id = explained.subject_id

)

select
    coalesce(explained.subject, expected.subject) as subject,
    coalesce(explained.subject_id, expected.subject_id) as subject_id
from {{ ref('mart_match_explain') }} as explained
full join expected
    on explained.subject = expected.subject
    and explained.subject_id = expected.subject_id
where explained.amount_dkk is distinct from expected.amount_dkk
    or explained.allocated_dkk is distinct from expected.allocated_dkk
    or explained.account_id is distinct from expected.account_id
    or explained.residual_dkk is distinct from explained.amount_dkk - explained.allocated_dkk

union all

select
    'payment' as subject,
    payment.course_payment_id as subject_id
from {{ ref('fct_course_payment') }} as payment
anti join {{ ref('mart_match_explain') }} as explained
    on payment.course_payment_id = explained.subject_id
where payment.is_current
    and not payment.is_fictive
    and payment.planned_on <= {{ as_of() }}
    and payment.left_dkk > {{ var('match_tolerance_dkk') }}
