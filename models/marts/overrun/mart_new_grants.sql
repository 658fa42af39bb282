-- New grants: one row a course, in the month of the delivery that first shows it granted: what was registered late is new
-- where its reader can first see it. What the first delivery already had stands in the month of its grant.
with

run as (

    select
        as_of,
        cast(date_trunc('month', as_of) as date) as this_month
    from {{ ref('stg_control__run') }}

),

first_delivery as (

    select
        source_system,
        min(extract_date) as extract_date,
        min(window_from) as window_from
    from {{ ref('int_bos__delivery_window') }}
    group by source_system

),

new_grant as (

    select
        course.*,
        cast(date_trunc('month', case
            when course.first_seen_granted_on > first_delivery.extract_date then course.first_seen_granted_on
            else course.first_granted_on
        end) as date) as month,
        first_delivery.window_from
    from {{ ref('int_bos__course') }} as course
    inner join first_delivery
        on course.source_system = first_delivery.source_system
    where course.first_seen_granted_on is not null

),

leader as (

    select distinct leader_id from {{ ref('int_bos__course') }}

),

caseworker as (

    select distinct caseworker_id from {{ ref('int_bos__course') }}

),

full_year as (

    select
        course_id,
        sum(full_year_effect) as full_year_effect
    from {{ ref('int_overrun__full_year') }}
    group by course_id

),

{{ held_payments() }}

select
    run.as_of,
    new_grant.month,
    new_grant.month = run.this_month as is_this_month,
    new_grant.course_id,
    new_grant.first_granted_on as granted_on,
    new_grant.first_seen_granted_on,
    new_grant.first_approval_level as approval_level,
    approval_level.level_rank,
    case
        when leader.leader_id is not null then 'leader'
        when new_grant.first_approval_user_id = new_grant.caseworker_id then 'own_caseworker'
        when caseworker.caseworker_id is not null then 'caseworker'
        when new_grant.first_approval_user_id is not null then 'other'
    end as approver_role,
    new_grant.course_type,
    new_grant.section_id,
    new_grant.activity_no,
    new_grant.provider_id,
    new_grant.team_id,
    new_grant.account_id,
    account.frame_id,
    new_grant.start_on,
    new_grant.end_on,
    new_grant.is_open_ended,
    new_grant.is_current,
    state.month_dkk,
    state.granted_year_dkk,
    cast(coalesce(full_year.full_year_effect, 0) as decimal(18, 2)) as full_year_effect_dkk,
    held.course_id is not null as is_price_held

from new_grant

cross join run

inner join {{ ref('int_overrun__course_state') }} as state
    on new_grant.course_id = state.course_id

left join leader
    on new_grant.first_approval_user_id = leader.leader_id

left join caseworker
    on new_grant.first_approval_user_id = caseworker.caseworker_id

left join {{ ref('stg_reference__approval_level') }} as approval_level
    on new_grant.first_approval_level = approval_level.approval_level

left join {{ ref('dim_account') }} as account
    on new_grant.account_id = account.account_id

left join full_year
    on new_grant.course_id = full_year.course_id

left join (select distinct course_id from held) as held
    on new_grant.course_id = held.course_id

where new_grant.month >= new_grant.window_from
