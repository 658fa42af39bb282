-- The commitment account per account = mart_overrun, to the øre: what is accrued and still to come, and next year in full.
-- Per course what was posted = the matches of its granted payments, and a new grant's full-year effect the course's.
{%- set columns = ['accrued_unposted', 'committed_remaining', 'full_year_effect'] %}
with

commitment as (

    select
        account_id,
        {%- for column in columns %}
        sum({{ column }}) as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('mart_commitments') }}
    group by account_id

),

overrun as (

    select
        account_id,
        {%- for column in columns %}
        sum({{ column }}) as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('mart_overrun') }}
    group by account_id

),

posted as (

    select
        course_id,
        sum(posted_dkk) as posted_dkk,
        sum(full_year_effect) as full_year_effect
    from {{ ref('mart_commitments') }}
    group by course_id

),

matched as (

    select
        payment.course_id,
        sum(match.allocated_dkk) as posted_dkk
    from {{ ref('fct_posting_match') }} as match
    inner join {{ ref('fct_course_payment') }} as payment
        on match.course_payment_id = payment.course_payment_id
    where not payment.is_fictive
        and payment.status = 'GRANTED'
    group by payment.course_id

)

select coalesce(commitment.account_id, overrun.account_id) as key
from commitment
full join overrun
    on commitment.account_id = overrun.account_id
where false
    {%- for column in columns %}
    or coalesce(commitment.{{ column }}, 0) <> coalesce(overrun.{{ column }}, 0)
    {%- endfor %}

union all

select coalesce(posted.course_id, matched.course_id) as key
from posted
full join matched
    on posted.course_id = matched.course_id
where coalesce(posted.posted_dkk, 0) <> coalesce(matched.posted_dkk, 0)

union all

select new_grant.course_id as key
from {{ ref('mart_new_grants') }} as new_grant
left join posted
    on new_grant.course_id = posted.course_id
where new_grant.full_year_effect_dkk <> coalesce(posted.full_year_effect, 0)
