-- What every posting pays for, and what nobody could say. See marts.md, Matching.
with

payment as (

    select * from {{ ref('int_posting_match__payment') }}

),

said as (

    {{ earlier_matches() }}

),

matched as (

    select
        posting.posting_id,
        payment.course_id,
        said.course_payment_id,
        said.allocated_dkk,
        said.match_method,
        said.confidence,
        said.candidates,
        posting.posted_on,
        payment.planned_dkk
    from said
    inner join {{ ref('int_posting_match__posting') }} as posting
        on said.posting_id = posting.posting_id
    inner join payment
        on said.course_payment_id = payment.course_payment_id

),

-- in the order of posting: what was left of the payment before this one
positioned as (

    select
        *,
        coalesce(sum(allocated_dkk) over (
            partition by course_payment_id
            order by posted_on, posting_id
            rows between unbounded preceding and 1 preceding
        ), 0) as allocated_before_dkk
    from matched

),

-- a collective invoice of which only some courses are certain
remainder as (

    select
        posting.posting_id,
        posting.amount_dkk - sum(matched.allocated_dkk) as allocated_dkk,
        max(matched.candidates) as candidates
    from matched
    inner join {{ ref('int_posting_match__posting') }} as posting
        on matched.posting_id = posting.posting_id
    group by posting.posting_id, posting.amount_dkk
    having sum(matched.allocated_dkk) <> posting.amount_dkk

),

unmatched as (

    select
        posting.posting_id,
        max(said.candidates) as candidates
    from {{ ref('int_posting_match__posting') }} as posting
    left join said
        on posting.posting_id = said.posting_id
    anti join matched
        on posting.posting_id = matched.posting_id
    where posting.is_activity_account
    group by posting.posting_id

)

select
    posting_id,
    course_id,
    course_payment_id,
    allocated_dkk,
    match_method,
    confidence,
    candidates,
    cast(allocated_dkk - (planned_dkk - allocated_before_dkk) as decimal(18, 2)) as residual_dkk,
    -- the plan was met before this posting came
    allocated_dkk > 0
    and allocated_before_dkk > 0
    and allocated_before_dkk >= planned_dkk - {{ match_tolerance('planned_dkk') }} as is_double_candidate
from positioned

union all

select
    posting_id,
    cast(null as varchar) as course_id,
    cast(null as varchar) as course_payment_id,
    cast(null as decimal(18, 2)) as allocated_dkk,
    case when candidates is not null then 'ambiguous' end as match_method,
    cast(null as decimal(3, 2)) as confidence,
    coalesce(candidates, 0) as candidates,
    cast(null as decimal(18, 2)) as residual_dkk,
    false as is_double_candidate
from unmatched

union all

select
    posting_id,
    cast(null as varchar) as course_id,
    cast(null as varchar) as course_payment_id,
    cast(allocated_dkk as decimal(18, 2)) as allocated_dkk,
    'ambiguous' as match_method,
    cast(null as decimal(3, 2)) as confidence,
    candidates,
    cast(null as decimal(18, 2)) as residual_dkk,
    false as is_double_candidate
from remainder
