-- What a matched posting allocates, the uncertain rest of a collective invoice included, is the posting to the øre.
select
    posting.posting_id,
    max(posting.amount_dkk) as amount_dkk,
    sum(posting_match.allocated_dkk) as allocated_dkk
from {{ ref('fct_posting_match') }} as posting_match
inner join {{ ref('fct_posting') }} as posting
    on posting_match.posting_id = posting.posting_id
group by posting.posting_id
having count(posting_match.course_payment_id) > 0
    and sum(posting_match.allocated_dkk) <> max(posting.amount_dkk)
