-- One invoice for several children's courses of a supplier in a month: the subsets of as many open courses as the text
-- names children whose plan sums to the invoice, on its account before others. One fitting subset is matched and shared
-- out by plan. Where several fit, only the courses that are in all of them are matched, with their own plan; the rest of
-- the invoice is said to be ambiguous.
with recursive

{{ open_for_matching('bundle') }},

line as (

    select *
    from posting
    where child_count between 2 and {{ var('match_bundle_size') }}
        and service_month is not null
    -- the same invoice again is a double: it goes where the first goes, by its number
    qualify row_number() over (
        partition by supplier_no, service_month, child_count, amount_dkk order by posted_on, posting_id
    ) = 1

),

course_month as (

    select
        course_id,
        planned_month,
        supplier_no,
        any_value(account_id) as account_id,
        any_value(payment_method) as payment_method,
        max(paid_on) as paid_on,
        sum(left_dkk) as left_dkk
    from payment
    where not is_met
        and not is_superseded
        and left_dkk > 0
        and supplier_no is not null
    group by course_id, planned_month, supplier_no

),

pool as (

    select
        line.posting_id,
        line.amount_dkk,
        line.child_count,
        case when not line.is_reference_cut then line.course_reference end as course_reference,
        course_month.course_id,
        course_month.left_dkk,
        course_month.account_id = line.account_id as is_own_account,
        {{ paid_gap('line', 'course_month') }} as paid_gap
    from line
    inner join course_month
        on line.supplier_no = course_month.supplier_no
        and line.service_month = course_month.planned_month
    where course_month.left_dkk <= line.amount_dkk + {{ match_tolerance('line.amount_dkk') }}
    -- when the pool is too large: those marked for the day first, then those of the invoice's own account
    qualify row_number() over (
        partition by line.posting_id
        order by paid_gap, course_month.account_id <> line.account_id, course_month.course_id
    ) <= {{ var('match_bundle_pool') }}

),

subset as (

    select
        posting_id,
        amount_dkk,
        child_count,
        course_reference,
        [course_id] as members,
        course_id as last_member,
        left_dkk as plan_dkk,
        is_own_account::int as own_accounts,
        paid_gap,
        paid_gap < 100 as is_marked
    from pool

    union all

    select
        subset.posting_id,
        subset.amount_dkk,
        subset.child_count,
        subset.course_reference,
        list_append(subset.members, pool.course_id),
        pool.course_id,
        subset.plan_dkk + pool.left_dkk,
        subset.own_accounts + pool.is_own_account::int,
        subset.paid_gap + pool.paid_gap,
        subset.is_marked and pool.paid_gap < 100
    from subset
    inner join pool
        on subset.posting_id = pool.posting_id
        and pool.course_id > subset.last_member
    where len(subset.members) < subset.child_count
        and subset.plan_dkk + pool.left_dkk <= subset.amount_dkk + {{ match_tolerance('subset.amount_dkk') }}

),

-- the exact sum before one with value added tax and one within the tolerance; what the caseworker marked as paid that
-- day; a course of the invoice's account is among them
fitting as (

    select
        *,
        case
            when abs(amount_dkk - plan_dkk) <= {{ var('match_tolerance_dkk') }} then 0
            when {{ is_vat_added('amount_dkk', 'plan_dkk') }} then 1
            else 2
        end as amount_class
    from subset
    where len(members) = child_count
        and (course_reference is null or list_contains(members, course_reference))
        and (
            abs(amount_dkk - plan_dkk) <= {{ var('match_tolerance_dkk') }}
            -- a sum that lies near fits too easily: all of it must be marked as paid that day
            or abs(amount_dkk - plan_dkk) <= {{ match_tolerance('plan_dkk') }} and is_marked
            or {{ is_vat_added('amount_dkk', 'plan_dkk') }}
        )
    qualify rank() over (
        partition by posting_id order by amount_class, paid_gap, least(own_accounts, 1) desc
    ) = 1

),

member as (

    select
        posting_id,
        amount_dkk,
        amount_class,
        paid_gap,
        subsets,
        unnest(members) as course_id
    from (select *, count(*) over (partition by posting_id) as subsets from fitting)

),

common_member as (

    select
        posting_id,
        course_id,
        any_value(amount_dkk) as amount_dkk,
        any_value(amount_class) as amount_class,
        any_value(paid_gap) as paid_gap,
        any_value(subsets) as subsets
    from member
    group by posting_id, course_id
    having count(*) = any_value(subsets)

),

-- one course of a month is in one collective invoice: the one whose sum and day fit better
chosen as (

    select
        common_member.*,
        rank() over (
            partition by common_member.course_id, line.service_month
            order by common_member.amount_class, common_member.paid_gap
        ) as claim_rank,
        count(*) over (
            partition by common_member.course_id, line.service_month, common_member.amount_class, common_member.paid_gap
        ) as claims
    from common_member
    inner join line
        on common_member.posting_id = line.posting_id

),

unclaimed as (

    select *
    from chosen
    qualify max(claim_rank) over (partition by posting_id) = 1
        and max(claims) over (partition by posting_id) = 1

),

share as (

    select
        unclaimed.posting_id,
        payment.course_payment_id,
        -- of several subsets the common members get their own plan, nothing more
        case
            when unclaimed.subsets = 1 then unclaimed.amount_dkk
            else sum(payment.left_dkk) over (partition by unclaimed.posting_id)
        end as amount_dkk,
        payment.left_dkk as plan_dkk,
        case when unclaimed.subsets = 1 then 0.85 else 0.75 end as confidence,
        unclaimed.subsets as candidates
    from unclaimed
    inner join line
        on unclaimed.posting_id = line.posting_id
    inner join payment
        on unclaimed.course_id = payment.course_id
        and line.service_month = payment.planned_month
        and not payment.is_met
        and not payment.is_superseded

),

{{ shared_matches('bundle') }}

union all

-- what nobody could share out
select
    fitting.posting_id,
    cast(null as varchar) as course_payment_id,
    cast(null as decimal(18, 2)) as allocated_dkk,
    'bundle' as match_method,
    cast(null as decimal(3, 2)) as confidence,
    count(*) as candidates
from fitting
anti join unclaimed
    on fitting.posting_id = unclaimed.posting_id
group by fitting.posting_id
