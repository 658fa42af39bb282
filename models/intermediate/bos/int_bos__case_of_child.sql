-- The cases of a child in the newest list of cases: one child can have several (finding D18).
select
    child_key,
    string_agg(distinct case_id, ', ' order by case_id) as case_id,
    string_agg(distinct case_sbsys_id, ', ' order by case_sbsys_id) as case_sbsys_id

from {{ ref('int_bos__case') }}

where child_key is not null

group by child_key
