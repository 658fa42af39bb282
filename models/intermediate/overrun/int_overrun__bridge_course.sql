-- One row a course of either date: how it stood at both.
with

state as (

    select * from {{ ref('stg_control__course_state_observation') }}

    union all by name

    select
        pair.built_as_of as observed_on,
        course.*
    from {{ ref('int_overrun__course_state') }} as course
    cross join {{ ref('int_overrun__bridge_date') }} as pair

),

standing as (

    select
        state.*,
        coalesce(state.is_current and state.status in ('GRANTED', 'EXPECTED'), false) as is_there,
        coalesce(state.is_current and state.status = 'EXPECTED', false) as is_expected
    from state

),

before as (

    select standing.*
    from standing
    inner join {{ ref('int_overrun__bridge_date') }} as pair
        on standing.observed_on = pair.previous_as_of

),

now as (

    select standing.*
    from standing
    inner join {{ ref('int_overrun__bridge_date') }} as pair
        on standing.observed_on = pair.as_of

),

-- An adjustment carries an id of its own until it is granted; then the course that it adjusts goes on with its money:
-- the same appropriation's same activity, granted, and other than it was.
granted_as as (

    select
        before.course_id as expected_course_id,
        now.course_id,
        cast(date_trunc('month', coalesce(before.start_on, before.first_planned_on)) as date) as from_month
    from before
    inner join now
        on before.appropriation_id = now.appropriation_id
        and before.activity_no = now.activity_no
        and before.course_type = now.course_type
        and before.course_id <> now.course_id
    left join before as earlier
        on now.course_id = earlier.course_id
    where before.is_expected
        and now.is_there
        and not now.is_expected
        and (earlier.granted_on, earlier.granted_year_dkk, earlier.month_dkk, earlier.last_planned_on)
        is distinct from (now.granted_on, now.granted_year_dkk, now.month_dkk, now.last_planned_on)
        and not exists (select 1 from now as still where still.course_id = before.course_id and still.is_expected)

),

granted_from as (

    select
        course_id,
        min(from_month) as from_month
    from granted_as
    group by course_id

)

select
    coalesce(now.course_id, before.course_id) as course_id,
    coalesce(now.team_id, before.team_id) as team_id,
    coalesce(now.section_id, before.section_id) as section_id,
    coalesce(now.activity_no, before.activity_no) as activity_no,
    coalesce(now.provider_id, before.provider_id) as provider_id,
    before.account_id as account_id_before,
    now.account_id as account_id_now,
    coalesce(before.is_there, false) as is_there_before,
    coalesce(now.is_there, false) as is_there_now,
    -- from this month on it is what was expected
    case
        when before.is_expected and (now.is_there and not now.is_expected or granted_as.expected_course_id is not null)
            then date '0001-01-01'
        else granted_from.from_month
    end as granted_from_month,
    coalesce(before.is_there and now.is_there and before.account_id <> now.account_id, false) as is_moved,
    coalesce(before.is_there and now.is_there and before.is_fictive <> now.is_fictive, false) as is_fictive_changed,
    coalesce(before.payment_frequency, '') <> coalesce(now.payment_frequency, '') as is_frequency_changed,
    coalesce(before.units, 0) <> coalesce(now.units, 0) as is_units_changed,
    -- months in which a changed date lies: what changes there is days, not service
    list_concat(
        case
            when coalesce(before.start_on, date '9999-12-31') <> coalesce(now.start_on, date '9999-12-31')
                then [cast(date_trunc('month', before.start_on) as date), cast(date_trunc('month', now.start_on) as date)]
            else []
        end,
        case
            when coalesce(before.end_on, date '9999-12-31') <> coalesce(now.end_on, date '9999-12-31')
                then [cast(date_trunc('month', before.end_on) as date), cast(date_trunc('month', now.end_on) as date)]
            else []
        end
    ) as changed_months

from before

full join now
    on before.course_id = now.course_id

left join (select distinct expected_course_id from granted_as) as granted_as
    on before.course_id = granted_as.expected_course_id

left join granted_from
    on coalesce(now.course_id, before.course_id) = granted_from.course_id
