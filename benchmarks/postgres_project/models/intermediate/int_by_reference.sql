-- by the payment id that a posting names: the n-th of a month pays the n-th of the month
with

numbered_posting as (

    select
        posting_id, course_id, amount_dkk, {{ month_of('posted_on') }} as month,
        row_number() over (partition by course_id, {{ month_of('posted_on') }} order by posted_on, posting_id) as nth
    from {{ ref('stg_posting') }}
    where course_id is not null

),

numbered_payment as (

    select
        payment_no, course_id, {{ month_of('planned_on') }} as month,
        row_number() over (partition by course_id, {{ month_of('planned_on') }} order by planned_on, payment_no) as nth
    from {{ ref('stg_granted') }}
    where not is_fictive

)

select posting_id, payment_no, amount_dkk
from numbered_posting
inner join numbered_payment using (course_id, month, nth)
