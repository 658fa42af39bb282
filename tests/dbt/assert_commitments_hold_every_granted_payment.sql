-- The commitment account is the granted report without fictive payments, and its remainder is the forecast's.
with

payment as (

    select
        sum(granted_dkk) as committed_dkk,
        sum(left_dkk) as left_dkk
    from {{ ref('fct_course_payment') }}
    where is_current
        and not is_fictive
        and granted_dkk is not null

),

commitment as (

    select
        sum(committed_dkk) as committed_dkk,
        sum(left_dkk) as left_dkk
    from {{ ref('mart_commitments') }}

)

select
    payment.committed_dkk,
    commitment.committed_dkk as in_mart_dkk,
    payment.left_dkk,
    commitment.left_dkk as left_in_mart_dkk
from payment
cross join commitment
where payment.committed_dkk is distinct from commitment.committed_dkk
    or payment.left_dkk is distinct from commitment.left_dkk
