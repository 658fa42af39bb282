-- Hvad hviler tallene på, og hvad er ikke kørt?
select
    subject,
    name,
    status,
    reason
from marts.mart_run_status
order by status desc, subject, name;
