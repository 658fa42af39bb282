-- Team (and so its leader) x overdue unpaid invoices. A team without any has 0; where no invoices were delivered the
-- figures are unknown. Over the days after which rule E01 is an error an invoice is long overdue.
with

delivered as (

    select coalesce(bool_or(entity = 'invoice'), false) as has_invoice
    from {{ ref('stg_control__delivery_file') }}

),

{{ gap_rule('E01') }},

overdue as (

    select * from {{ ref('int_ledger__unpaid_invoice') }} where overdue_days > 0

),

team as (

    select team_id from {{ ref('dim_team') }}
    union
    -- suppliers that no team uses
    select team_id from overdue

),

overdue_of_team as (

    select
        overdue.team_id,
        count(*) as invoices,
        sum(overdue.amount_dkk) as amount_dkk,
        count(*) filter (where overdue.overdue_days > rule.escalation_days) as long_overdue_invoices,
        sum(overdue.amount_dkk) filter (where overdue.overdue_days > rule.escalation_days) as long_overdue_dkk,
        min(overdue.due_on) as oldest_due_on,
        max(overdue.overdue_days) as overdue_days_max,
        avg(overdue.overdue_days) as overdue_days_avg
    from overdue
    cross join rule
    group by overdue.team_id

)

select
    run.as_of,
    team.team_id,
    case when delivered.has_invoice then coalesce(overdue_of_team.invoices, 0) end as invoices,
    case when delivered.has_invoice then cast(coalesce(overdue_of_team.amount_dkk, 0) as decimal(18, 2)) end as amount_dkk,
    case when delivered.has_invoice then coalesce(overdue_of_team.long_overdue_invoices, 0) end as long_overdue_invoices,
    case
        when delivered.has_invoice then cast(coalesce(overdue_of_team.long_overdue_dkk, 0) as decimal(18, 2))
    end as long_overdue_dkk,
    overdue_of_team.oldest_due_on,
    overdue_of_team.overdue_days_max,
    cast(overdue_of_team.overdue_days_avg as decimal(9, 1)) as overdue_days_avg

from team

cross join {{ ref('stg_control__run') }} as run

cross join delivered

left join overdue_of_team
    on team.team_id is not distinct from overdue_of_team.team_id
