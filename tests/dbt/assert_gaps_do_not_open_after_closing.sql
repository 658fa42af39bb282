-- Dates of a life are in order, and all of them are delivery dates or the as-of date. An event is seen once; what
-- stewards say of it comes later.
select gap_id
from {{ ref('mart_registration_gap') }}
where first_seen_on > last_seen_on
    or closed_on < first_seen_on
    or reopened_on <= first_seen_on
    or (kind = 'gap' and closed_on <= last_seen_on)
    or (kind = 'gap' and reopened_on > last_seen_on)
    or first_seen_on not in (select observation_date.observed_on from {{ ref('int_gap__observation_date') }} as observation_date)
    or last_seen_on not in (select observation_date.observed_on from {{ ref('int_gap__observation_date') }} as observation_date)
    or closed_on not in (select observation_date.observed_on from {{ ref('int_gap__observation_date') }} as observation_date)
