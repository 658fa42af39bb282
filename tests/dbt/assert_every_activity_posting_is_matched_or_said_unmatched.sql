-- A posting on an activity account is in fct_posting_match: with its payments or once with none.
select posting.posting_id
from {{ ref('fct_posting') }} as posting
inner join {{ ref('dim_account') }} as account
    on posting.account_id = account.account_id
left join {{ ref('fct_posting_match') }} as posting_match
    on posting.posting_id = posting_match.posting_id
where account.is_activity_account
    and not posting.is_balance
    and posting.posted_on <= {{ as_of() }}
group by posting.posting_id
having count(posting_match.posting_id) = 0
    or (count(posting_match.course_id) = 0 and count(posting_match.posting_id) > 1)
