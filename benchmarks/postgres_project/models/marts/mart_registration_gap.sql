select
    'A01' as rule_id, posting_id as business_key, account_id, amount_dkk, posted_on as occurred_on
from {{ ref('stg_posting') }} as posting
where amount_dkk > 0
    and account_id in (select account_id from {{ ref('int_payment') }} as payment)
    and not exists (select from {{ ref('int_matched') }} as matched where matched.posting_id = posting.posting_id)
union all
select 'A03', cast(course_id as varchar), min(account_id), sum(planned_dkk), min(planned_on)
from {{ ref('int_payment') }} as payment
where posting_id is null
    and planned_dkk > 0
    and planned_on between {{ as_of() }} - 365 and {{ as_of() }} - 75
group by course_id
having count(*) >= 3
union all
select 'B05', cast(course_id as varchar), min(account_id), sum(planned_dkk), min(coalesce(start_on, planned_on))
from {{ ref('stg_expected') }} as expected
where activity_status = 'EXPECTED'
group by course_id
having min(coalesce(start_on, planned_on)) < {{ as_of() }} - 7
