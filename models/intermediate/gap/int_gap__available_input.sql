-- What the rules can read at the as-of date, one row an input that is there: the lake's entities that were delivered,
-- and what only some deliveries hold or what takes several deliveries. The catalogue's column `inputs` names them.
with

delivered as (

    select
        entity,
        extract_date
    from {{ ref('stg_control__delivery_file') }}
    group by entity, extract_date

),

input as (

    select
        entity as input,
        true as is_entity,
        min(extract_date) as first_available_on
    from delivered
    group by entity

    union all

    -- what changed between two deliveries of the case system
    select
        'previous_delivery' as input,
        false as is_entity,
        min(extract_date) as first_available_on
    from delivered
    where entity = 'course_payment'
        and extract_date > (select min(first.extract_date) from delivered as first where first.entity = 'course_payment')
    having count(*) > 0

)

select
    input,
    is_entity,
    first_available_on

from input
