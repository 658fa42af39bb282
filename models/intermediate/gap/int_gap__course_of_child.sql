-- The course that a gap of a child names, so that the case is found: one of the newest delivery before a deleted one, then
-- the one that started last. Private: with the child's key.
select
    child_key,
    course_id,
    team_id,
    account_id,
    provider_id

from {{ ref('int_bos__course') }}

where child_key is not null

qualify row_number() over (partition by child_key order by is_current desc, start_on desc nulls last, course_id) = 1
