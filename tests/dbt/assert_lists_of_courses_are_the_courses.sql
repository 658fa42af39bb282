-- What several lists say of a course is what dim_course says of it, teams hold their courses, and a month's new courses are
-- those that a delivery of the month showed first. A row is a course, team or month that does not agree.
select
    new_grant.course_id as key,
    'mart_new_grants' as mart
from {{ ref('mart_new_grants') }} as new_grant
left join {{ ref('dim_course') }} as course
    on new_grant.course_id = course.course_id
where new_grant.granted_on is distinct from course.first_granted_on
    or new_grant.first_seen_granted_on is distinct from course.first_seen_granted_on
    or new_grant.start_on is distinct from course.start_on
    or new_grant.end_on is distinct from course.end_on
    or new_grant.account_id is distinct from course.account_id
    or new_grant.provider_id is distinct from course.provider_id
    or new_grant.team_id is distinct from course.team_id
    or new_grant.activity_no is distinct from course.activity_no
    or new_grant.section_id is distinct from course.section_id
    or new_grant.is_this_month <> (new_grant.month = date_trunc('month', new_grant.as_of))

union all

select
    commitment.course_id as key,
    'mart_commitments' as mart
from {{ ref('mart_commitments') }} as commitment
left join {{ ref('dim_course') }} as course
    on commitment.course_id = course.course_id
where commitment.team_id is distinct from course.team_id
    or commitment.provider_id is distinct from course.provider_id
    or commitment.activity_no is distinct from course.activity_no
    or commitment.section_id is distinct from course.section_id
    or commitment.course_type is distinct from course.course_type

union all

select
    coalesce(team.team_id, course_of_team.team_id) as key,
    'dim_team' as mart
from {{ ref('dim_team') }} as team
full join (
    select
        team_id,
        count(*) filter (where is_current) as current_courses
    from {{ ref('dim_course') }}
    where team_id is not null
    group by team_id
) as course_of_team
    on team.team_id = course_of_team.team_id
where team.current_courses is distinct from course_of_team.current_courses

union all

select
    month || ' ' || team_id as key,
    'mart_registration_lag' as mart
from {{ ref('mart_registration_lag') }} as lag
full join (
    select
        cast(date_trunc('month', first_seen_on) as date) as month,
        coalesce(team_id, 'Uden team') as team_id,
        count(*) as new_courses,
        sum(reported_dkk) as late_dkk
    from {{ ref('int_bos__new_course') }}
    group by all
) as new_course using (month, team_id)
where lag.new_courses is distinct from coalesce(new_course.new_courses, 0)
    or lag.late_dkk is distinct from coalesce(new_course.late_dkk, 0)
    or lag.late_courses > lag.new_courses
    or lag.very_late_courses > lag.late_courses
