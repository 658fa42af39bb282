select payment.*, coalesce(matched.amount_dkk, 0) as posted_dkk, matched.posting_id
from {{ ref('stg_granted') }} as payment
left join {{ ref('int_matched') }} as matched using (payment_no)
where not payment.is_fictive
