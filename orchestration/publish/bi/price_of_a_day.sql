-- Hvad koster en dag af en ydelse i år? En pris er altid summen af kroner over summen af dage, aldrig et gennemsnit af priser.
select
    activity.activity_no,
    activity.name,
    sum(unit_price.course_days) as course_days,
    sum(unit_price.cost_total_dkk) as cost_total_dkk,
    round(sum(unit_price.cost_total_dkk) / nullif(sum(unit_price.course_days), 0), 2) as unit_price_day
from marts.mart_unit_price as unit_price
inner join marts.dim_activity as activity
    on unit_price.activity_no = activity.activity_no
where year(unit_price.month) = (select max(year(month)) from marts.mart_unit_price)
group by activity.activity_no, activity.name
order by cost_total_dkk desc, activity.activity_no;
