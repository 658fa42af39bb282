-- Dates of a life are in order, and all of them are delivery dates or the as-of date.
with

observation_date as (

    select observed_on from {{ ref('stg_control__observation_date') }}
    union
    select as_of as observed_on from {{ ref('stg_control__run') }}

)

select gap_id
from {{ ref('mart_registration_gap') }}
where first_seen_on > last_seen_on
    or coalesce(closed_on, last_seen_on + 1) <= last_seen_on
    or coalesce(reopened_on, last_seen_on) not between first_seen_on and last_seen_on
    or first_seen_on not in (select observation_date.observed_on from observation_date)
    or last_seen_on not in (select observation_date.observed_on from observation_date)
    or closed_on not in (select observation_date.observed_on from observation_date)
