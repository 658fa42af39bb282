-- The days on which a waiver or an acceptance of a gap was in force. A decision is known from the delivery that brings it
-- (one of the seed `waiver` from its own day) until a later one takes its place: of several the newest decided_on wins,
-- then the newest delivery, then the lowest row of the sheet. REVOKE takes the earlier one back; a comment changes
-- nothing, and nor does a waiver without a last day. Grain: gap x decision that was in force.
with

decision as (

    select * from {{ ref('int_gap__said') }}
    where decision in ('ACCEPT', 'REVOKE')
        or (decision = 'WAIVE' and valid_until_on is not null)

),

ranked as (

    select
        *,
        max(decided_on) over (
            partition by gap_id order by said_no rows between unbounded preceding and 1 preceding
        ) as decided_before_on
    from decision

),

-- an old sheet that comes late takes nothing back
effective as (

    select *
    from ranked
    where coalesce(decided_on >= decided_before_on, true)

),

-- worklists accumulate: the same line comes again in every delivery
changed as (

    select *
    from effective
    window by_gap as (partition by gap_id order by said_no)
    qualify (decision, decided_on, valid_until_on)
        is distinct from lag((decision, decided_on, valid_until_on)) over by_gap

),

interval as (

    select
        gap_id,
        decision,
        known_on as valid_from_on,
        least(
            valid_until_on,
            lead(known_on) over (partition by gap_id order by said_no) - 1
        ) as valid_to_on,
        valid_until_on,
        decided_by,
        decided_on
    from changed

)

select
    gap_id,
    decision,
    valid_from_on,
    valid_to_on,
    valid_until_on,
    decided_by,
    decided_on

from interval

where decision <> 'REVOKE'
    and coalesce(valid_to_on >= valid_from_on, true)
