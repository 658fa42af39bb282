-- Granted activities that an earlier delivery had, with a payment already due, and the newest has not, though its
-- window reaches them. Nothing lawful does that: an end date deletes only what follows it. No loss: an activity that
-- another of its course now covers (its start was moved), or a course that appeared since and continues the same
-- activity of the appropriation under another payment id. Grain: course x start.
with

activity as (

    select
        *,
        -- a single payment has no dates: its day counts
        coalesce(start_on, first_planned_on) as from_on,
        case when start_on is null then last_planned_on else coalesce(end_on, date '9999-12-31') end as until_on,
        min(extract_date) over (partition by source_system, course_id) as course_first_seen_on
    from {{ ref('int_bos__activity_delivery') }}
    where activity_status = 'GRANTED'

),

standing as (

    select activity.*
    from activity
    inner join {{ ref('int_bos__compared_delivery') }} as compared
        on activity.source_system = compared.source_system
        and activity.extract_date = compared.newest_on

),

last_seen as (

    select
        activity.*,
        compared.newest_on,
        compared.window_from
    from activity
    inner join {{ ref('int_bos__compared_delivery') }} as compared
        on activity.source_system = compared.source_system
    qualify row_number() over (
        partition by activity.source_system, activity.course_id, activity.start_on order by activity.extract_date desc
    ) = 1

)

select
    last_seen.source_system,
    last_seen.course_id,
    last_seen.start_on,
    last_seen.end_on,
    last_seen.from_on,
    last_seen.extract_date as last_seen_on,
    last_seen.due_dkk

from last_seen

anti join standing
    on last_seen.source_system = standing.source_system
    and last_seen.appropriation_id = standing.appropriation_id
    and last_seen.activity_no = standing.activity_no
    and last_seen.from_on <= standing.until_on
    and last_seen.until_on >= standing.from_on
    and (
        last_seen.course_id = standing.course_id
        or last_seen.extract_date < standing.course_first_seen_on
    )

where last_seen.extract_date < last_seen.newest_on
    and last_seen.last_reported_on >= last_seen.window_from
    and last_seen.first_planned_on <= last_seen.extract_date
