-- what is left, by payee, account and amount: the n-th pays the n-th
{%- set payee = "case when is_internal then 'INTERNAL' else provider_id end" %}
with

numbered_posting as (

    select
        posting_id, party, account_id, amount_dkk,
        row_number() over (partition by party, account_id, amount_dkk order by posted_on, posting_id) as nth
    from {{ ref('stg_posting') }} as posting
    where party is not null
        and not exists (select from {{ ref('int_by_reference') }} as done where done.posting_id = posting.posting_id)

),

numbered_payment as (

    select
        payment_no, {{ payee }} as party, account_id, planned_dkk as amount_dkk,
        row_number() over (partition by {{ payee }}, account_id, planned_dkk order by planned_on, payment_no) as nth
    from {{ ref('stg_granted') }} as payment
    where not is_fictive
        and planned_on <= {{ as_of() }}
        and not exists (select from {{ ref('int_by_reference') }} as done where done.payment_no = payment.payment_no)

)

select posting_id, payment_no, amount_dkk
from numbered_posting
inner join numbered_payment using (party, account_id, amount_dkk, nth)
union all
select posting_id, payment_no, amount_dkk from {{ ref('int_by_reference') }}
