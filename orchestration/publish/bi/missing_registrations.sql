-- Hvilke registreringer mangler, hvem retter dem, og hvornår skulle de være rettet?
select
    team_id,
    rule_id,
    rule_name_da,
    count(*) as gaps,
    count(*) filter (where status = 'overdue') as overdue,
    min(due_on) as first_due_on,
    sum(amount_dkk) as amount_dkk
from marts.mart_registration_gap
where status in ('open', 'overdue')
group by team_id, rule_id, rule_name_da
order by overdue desc, amount_dkk desc, team_id, rule_id;
