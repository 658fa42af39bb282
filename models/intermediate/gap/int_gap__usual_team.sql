-- The team that usually uses a party: the one with most of its running courses, then most of its courses, then the
-- first by name. A party is a supplier (provider_id) or a person (key of a child or a payee). Private: person keys.
with

course as (

    select
        *,
        is_current and coalesce(end_on, {{ as_of() }}) >= {{ as_of() }} as is_running
    from {{ ref('int_bos__course') }}
    where team_id is not null

),

party as (

    select provider_id as party_id, team_id, course_id, is_running from course
    union
    select child_key as party_id, team_id, course_id, is_running from course
    union
    select recipient_key as party_id, team_id, course_id, is_running from course

)

select
    party_id,
    team_id

from party

where party_id is not null

group by party_id, team_id

qualify row_number() over (
    partition by party_id order by count(*) filter (where is_running) desc, count(*) desc, team_id
) = 1
