-- Teams as the newest delivery names them.
select
    team_id,
    count(distinct caseworker_id) as caseworkers,
    count(*) filter (where is_current) as current_courses
from {{ ref('int_bos__course') }}
where team_id is not null
group by team_id
