-- Open at a month's end = open at the end of the month before + opened - closed, per rule and team; and the last month
-- holds exactly the gaps that the mart has as not closed, with their money, and those of them that are to mend.
with

stock as (

    select
        *,
        lag(open_at_end, 1, 0) over (partition by rule_id, team_id order by month) as open_before
    from {{ ref('mart_registration_gap_summary') }}

),

last_month as (

    select
        rule_id,
        team_id,
        open_at_end,
        amount_dkk,
        to_mend,
        to_mend_overdue,
        to_mend_dkk
    from stock
    qualify month = max(month) over ()

),

standing as (

    select
        rule_id,
        coalesce(team_id, 'Uden team') as team_id,
        count(*) as open_at_end,
        sum(amount_dkk) as amount_dkk,
        count(*) filter (where status <> 'waived' and severity <> 'I') as to_mend,
        count(*) filter (where status = 'overdue' and severity <> 'I') as to_mend_overdue,
        sum(amount_dkk) filter (where status <> 'waived' and severity <> 'I') as to_mend_dkk
    from {{ ref('mart_registration_gap') }}
    where status <> 'closed'
    group by all

)

select rule_id, team_id, 'flow' as broken
from stock
where open_at_end <> open_before + opened - closed

union all

select last_month.rule_id, last_month.team_id, 'stock' as broken
from last_month
left join standing
    on last_month.rule_id = standing.rule_id
    and last_month.team_id = standing.team_id
where last_month.open_at_end <> coalesce(standing.open_at_end, 0)
    or last_month.amount_dkk <> coalesce(standing.amount_dkk, 0)
    or last_month.to_mend <> coalesce(standing.to_mend, 0)
    or last_month.to_mend_overdue <> coalesce(standing.to_mend_overdue, 0)
    or last_month.to_mend_dkk <> coalesce(standing.to_mend_dkk, 0)
