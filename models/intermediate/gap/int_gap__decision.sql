-- What stewards say of a gap at the as-of date: the waiver or acceptance in force, if any, and the newest comment.
with

run as (

    select * from {{ ref('stg_control__run') }}

),

in_force as (

    select history.*
    from {{ ref('int_gap__decision_history') }} as history
    inner join run
        on history.valid_from_on <= run.as_of
        and coalesce(history.valid_to_on >= run.as_of, true)

),

comment as (

    select *
    from {{ ref('int_gap__said') }}
    where comment_da is not null
    qualify row_number() over (partition by gap_id order by decided_on desc, said_no desc) = 1

)

select
    coalesce(in_force.gap_id, comment.gap_id) as gap_id,
    in_force.decision,
    in_force.valid_from_on,
    in_force.valid_until_on,
    in_force.decided_by,
    in_force.decided_on,
    comment.comment_da,
    comment.decided_by as comment_by,
    comment.decided_on as comment_on

from in_force

full join comment
    on in_force.gap_id = comment.gap_id
