-- What the rules saw, one row a gap and observation date: the stored observations of the earlier delivery dates and
-- the hits of the as-of date. An observation of a day that has no delivery (any more) does not count.
with

run as (

    select * from {{ ref('stg_control__run') }}

),

observation_date as (

    select * from {{ ref('int_gap__observation_date') }}

),

observation as (

    select
        earlier.observed_on,
        earlier.gap_id,
        earlier.rule_id,
        earlier.severity,
        earlier.course_id,
        earlier.posting_id,
        earlier.account_id,
        earlier.team_id,
        earlier.amount_dkk,
        earlier.occurred_on,
        earlier.text_da,
        earlier.corrector
    from {{ ref('stg_control__gap_observation') }} as earlier
    inner join run
        on earlier.observed_on < run.as_of

    union all

    select
        run.as_of as observed_on,
        hit.gap_id,
        hit.rule_id,
        hit.severity,
        hit.course_id,
        hit.posting_id,
        hit.account_id,
        hit.team_id,
        hit.amount_dkk,
        hit.occurred_on,
        hit.text_da,
        hit.corrector
    from {{ ref('int_gap__hit') }} as hit
    cross join run

)

select
    observation.*,
    observation_date.date_no,
    observation_date.next_observed_on

from observation

inner join observation_date
    on observation.observed_on = observation_date.observed_on
