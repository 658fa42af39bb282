-- Hvad er bogført på hvert forløb mod det planlagte, måned for måned?
select
    course_month.month,
    course.provider_id,
    provider.provider_name,
    sum(course_month.planned_dkk) as planned_dkk,
    sum(course_month.posted_dkk) as posted_dkk
from marts.fct_course_month as course_month
inner join marts.dim_course as course
    on course_month.course_id = course.course_id
left join marts.dim_provider as provider
    on course.provider_id = provider.provider_id
where course_month.month >= (select max(month) - interval 3 month from marts.fct_course_month where posted_dkk <> 0)
group by course_month.month, course.provider_id, provider.provider_name
having sum(course_month.planned_dkk) <> 0
order by course_month.month, planned_dkk desc, course.provider_id;
