-- A steward's override that came back with a worklist: it goes before everything that a rule can say.
with

result as (

    select
        posting_id,
        course_payment_id,
        amount_dkk,
        1.0 as confidence,
        1 as candidates
    from {{ ref('int_posting_match__decision') }}
    where is_posting_known
        and course_payment_id is not null

)

{{ whole_matches('manual') }}
