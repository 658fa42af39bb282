-- Fiscal year x child: cost net of what other municipalities pay, and the state's refund of it (BL § 198, SEL § 176), on
-- what is posted and on what the year is expected to become; each child by itself, since the refund is not linear.
--
-- Expected is what is posted plus what is accrued and committed; a course with something left to pay for December spills
-- as much into the next year as came from the last, so that is taken off. Of what another municipality pays for, all is
-- taken off, whether it has paid or not: the refund is for who pays in the end. Households are not known: no sums of
-- siblings. Inter-municipal income and refunds are NULL where the ledger has no such lines.
with

course as (

    select * from {{ ref('int_bos__course') }} where child_key is not null

),

{{ own_municipality() }},

available as (

    select
        bool_or(input = 'inter_municipal_income') as has_inter_municipal_income,
        bool_or(input = 'state_refund') as has_state_refund
    from {{ ref('int_gap__available_input') }}

),

child_day as (

    select
        fiscal_year,
        child_key,
        posted_on,
        coalesce(sum(amount_dkk) filter (where part = 'cost'), 0) as cost_dkk,
        coalesce(sum(amount_dkk) filter (where part = 'cost' and is_paid_by_other), 0) as other_cost_dkk,
        coalesce(-sum(amount_dkk) filter (where part = 'inter_municipal'), 0) as income_dkk,
        coalesce(-sum(amount_dkk) filter (where part = 'state_refund'), 0) as claimed_dkk
    from {{ ref('int_state_refund__posting') }}
    where child_key is not null
    group by fiscal_year, child_key, posted_on

),

child_to_day as (

    select
        *,
        sum(cost_dkk) over to_day - greatest(
            sum(income_dkk) over to_day, sum(other_cost_dkk) over to_day
        ) as net_to_day_dkk
    from child_day
    window to_day as (partition by fiscal_year, child_key order by posted_on)

),

posted as (

    select
        child_to_day.fiscal_year,
        child_to_day.child_key,
        sum(child_to_day.cost_dkk) as cost_dkk,
        sum(child_to_day.other_cost_dkk) as other_cost_dkk,
        sum(child_to_day.income_dkk) as income_dkk,
        sum(child_to_day.claimed_dkk) as claimed_dkk,
        min(child_to_day.posted_on) filter (where child_to_day.net_to_day_dkk > level.above_dkk) as passed_on
    from child_to_day
    left join {{ ref('int_state_refund__level') }} as level
        on child_to_day.fiscal_year = level.fiscal_year
        and level.level_no = 1
    group by child_to_day.fiscal_year, child_to_day.child_key

),

-- what is still to come of each course
course_to_come as (

    select
        line.fiscal_year,
        line.course_id,
        any_value(course.child_key) as child_key,
        any_value(coalesce(course.paying_municipality <> own.municipality, false)) as is_paid_by_other,
        coalesce(sum(line.accrued_unposted), 0) + coalesce(sum(line.committed_remaining), 0)
        - case
            when sum(coalesce(line.accrued_unposted, line.committed_remaining)) filter (
                where line.month = make_date(line.fiscal_year, 12, 1)
            ) <> 0
                then coalesce(sum(line.spill_out), 0)
                + coalesce(sum(line.accrued_unposted) filter (where year(line.month) < line.fiscal_year), 0)
            else 0
        end as to_come_dkk
    from {{ ref('int_overrun__line') }} as line
    inner join course
        on line.course_id = course.course_id
    cross join own
    group by line.fiscal_year, line.course_id

),

to_come as (

    select
        fiscal_year,
        child_key,
        sum(to_come_dkk) as to_come_dkk,
        coalesce(sum(to_come_dkk) filter (where is_paid_by_other), 0) as other_to_come_dkk
    from course_to_come
    group by fiscal_year, child_key
    having sum(to_come_dkk) <> 0

),

-- the frame and section that most of the child's money is for
course_cost as (

    select
        fiscal_year,
        child_key,
        course_id,
        amount_dkk
    from {{ ref('int_state_refund__posting') }}
    where child_key is not null
        and part = 'cost'

    union all

    select
        fiscal_year,
        child_key,
        course_id,
        to_come_dkk
    from course_to_come

),

belonging as (

    select
        course_cost.fiscal_year,
        course_cost.child_key,
        account.frame_id,
        course.section_id,
        course.team_id
    from course_cost
    inner join course
        on course_cost.course_id = course.course_id
    left join {{ ref('int_account__year') }} as account
        on course_cost.fiscal_year = account.fiscal_year
        and course.account_id = account.account_id
    group by
        course_cost.fiscal_year,
        course_cost.child_key,
        account.frame_id,
        course.section_id,
        course.team_id
    qualify row_number() over (
        partition by course_cost.fiscal_year, course_cost.child_key
        order by sum(course_cost.amount_dkk) desc, account.frame_id, course.section_id, course.team_id
    ) = 1

),

child as (

    select
        coalesce(posted.fiscal_year, to_come.fiscal_year) as fiscal_year,
        coalesce(posted.child_key, to_come.child_key) as child_key,
        posted.passed_on,
        coalesce(posted.cost_dkk, 0) as cost_dkk,
        coalesce(posted.income_dkk, 0) as income_dkk,
        coalesce(posted.claimed_dkk, 0) as claimed_dkk,
        coalesce(posted.cost_dkk, 0)
        - greatest(coalesce(posted.income_dkk, 0), coalesce(posted.other_cost_dkk, 0)) as net_cost_dkk,
        coalesce(posted.cost_dkk, 0) + coalesce(to_come.to_come_dkk, 0) as expected_cost_dkk,
        coalesce(posted.cost_dkk, 0) + coalesce(to_come.to_come_dkk, 0) - greatest(
            coalesce(posted.income_dkk, 0), coalesce(posted.other_cost_dkk, 0) + coalesce(to_come.other_to_come_dkk, 0)
        ) as expected_net_cost_dkk
    from posted
    full join to_come
        on posted.fiscal_year = to_come.fiscal_year
        and posted.child_key = to_come.child_key

),

refund as (

    select
        child.fiscal_year,
        child.child_key,
        max(level.threshold_year) as threshold_year,
        count(*) filter (where child.expected_net_cost_dkk > level.above_dkk) as refund_level,
        {{ divide('sum(greatest(child.net_cost_dkk - level.above_dkk, 0) * level.added_pct)', 100) }} as entitled_dkk,
        {{ divide('sum(greatest(child.expected_net_cost_dkk - level.above_dkk, 0) * level.added_pct)', 100) }}
            as entitled_expected_dkk
    from child
    inner join {{ ref('int_state_refund__level') }} as level
        on child.fiscal_year = level.fiscal_year
    group by child.fiscal_year, child.child_key

)

select
    child.fiscal_year,
    child.child_key,
    belonging.frame_id,
    belonging.section_id,
    belonging.team_id,
    refund.threshold_year,
    cast(refund.refund_level as integer) as refund_level,
    child.passed_on,
    cast(child.cost_dkk as decimal(18, 2)) as cost_dkk,
    cast(case when available.has_inter_municipal_income then child.income_dkk end as decimal(18, 2))
        as inter_municipal_income_dkk,
    cast(child.net_cost_dkk as decimal(18, 2)) as net_cost_dkk,
    cast(child.expected_cost_dkk as decimal(18, 2)) as expected_cost_dkk,
    cast(child.expected_net_cost_dkk as decimal(18, 2)) as expected_net_cost_dkk,
    refund.entitled_dkk,
    refund.entitled_expected_dkk,
    cast(case when available.has_state_refund then child.claimed_dkk end as decimal(18, 2)) as claimed_dkk

from child

cross join available

left join refund
    on child.fiscal_year = refund.fiscal_year
    and child.child_key = refund.child_key

left join belonging
    on child.fiscal_year = belonging.fiscal_year
    and child.child_key = belonging.child_key
