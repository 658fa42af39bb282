-- The dates on which the rules looked: every delivery date up to the as-of date, and the as-of date itself.
with

run as (

    select * from {{ ref('stg_control__run') }}

),

observation_date as (

    select delivered.observed_on
    from {{ ref('stg_control__observation_date') }} as delivered
    inner join run
        on delivered.observed_on <= run.as_of

    union

    select as_of as observed_on from run

)

select
    observed_on,
    row_number() over (order by observed_on) as date_no,
    lead(observed_on) over (order by observed_on) as next_observed_on

from observation_date
