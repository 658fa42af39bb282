-- What is posted on each planned payment, without the postings that are gaps of their own: the doubles (A10) and those
-- beyond the plan (A01, A02). `displaced_dkk` is the part that repeats another posting and most likely pays for an unpaid
-- payment nearby: it counts for the course, not for the month. Grain: course payment with a posting.
with

match as (

    select * from {{ ref('fct_posting_match') }} where course_payment_id is not null

),

open_posting as (

    select * from {{ ref('int_gap__open_posting') }} where open_kind = 'beyond_plan'

)

select
    match.course_payment_id,
    cast(coalesce(sum(match.allocated_dkk) filter (
        where open_posting.posting_id is null and not coalesce(repeated.is_double_payment, false)
    ), 0) as decimal(18, 2)) as posted_dkk,
    cast(coalesce(sum(match.allocated_dkk) filter (
        where open_posting.posting_id is null and not repeated.is_double_payment
    ), 0) as decimal(18, 2)) as displaced_dkk

from match

left join open_posting
    on match.posting_id = open_posting.posting_id

left join {{ ref('int_gap__repeated_posting') }} as repeated
    on match.posting_id = repeated.posting_id

group by match.course_payment_id
