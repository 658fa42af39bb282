-- One row a course (payment id) that any delivery up to the as-of date had, as the newest that had it tells it.
-- Private: with the case system's ids and the child's key.
-- The report is named each time rather than once as a CTE: each reads its few columns, and none is kept.
with

-- deleted courses are in no delivery that is the truth for its dates
in_force as (

    select distinct course_id from {{ ref('int_bos__report_payment') }}

),

-- what changes from delivery to delivery
seen as (

    select
        course_id,
        min(extract_date) as first_seen_on,
        max(extract_date) as last_seen_on,
        min(extract_date) filter (where activity_status = 'GRANTED') as first_seen_granted_on,
        -- the report shows the last grant only: the first delivery that has the course granted is nearest the first; of
        -- several activities granted that day the first payment decides
        arg_min(
            {
                'granted_on': appropriation_on,
                'approval_level': approval_level,
                'approval_user_id': approval_user_id
            },
            (extract_date, appropriation_on, planned_on, row_no)
        ) filter (where activity_status = 'GRANTED' and appropriation_on is not null) as first_grant
    from {{ ref('stg_bos__course_payment') }}
    group by course_id

),

-- ordered by a few columns, and only then the whole row: a window over all of it would hold every delivery
newest_row as (

    select
        payment.file_hash,
        payment.row_no
    from {{ ref('stg_bos__course_payment') }} as payment
    inner join seen
        on payment.course_id = seen.course_id
        and payment.extract_date = seen.last_seen_on
    -- the course as its latest activity has it; a granted one before an expected one
    qualify row_number() over (
        partition by payment.course_id
        order by
            payment.activity_status = 'GRANTED' desc,
            payment.report = 'granted' desc,
            payment.start_on desc nulls last,
            payment.planned_on desc,
            payment.source_payment_id
    ) = 1

),

newest as (

    select payment.*
    from {{ ref('stg_bos__course_payment') }} as payment
    semi join newest_row
        on payment.file_hash = newest_row.file_hash
        and payment.row_no = newest_row.row_no

),

interval_of_course as (

    select
        course_id,
        min(start_on) as start_on,
        case when bool_and(end_on is not null) filter (where start_on is not null) then max(end_on) end as end_on,
        bool_or(start_on is not null) as has_dates
    from {{ ref('int_bos__activity') }}
    -- an expected adjustment carries an id of its own, so that a course is either granted or expected
    group by course_id

),

account as (

    select * from {{ ref('int_account__resolved') }}

)

select
    newest.course_id,
    newest.source_system,
    newest.appropriation_id,
    newest.course_type,
    newest.activity_status as status,
    newest.section_id,
    newest.section_name,
    newest.activity_no,
    newest.activity_name,
    newest.main_activity_no,
    newest.category_no,
    coalesce(account.account_id, 'UKENDT') as account_id,
    newest.source_account,
    newest.source_account_string,
    newest.recipient_type,
    newest.payment_method,
    newest.payment_frequency,
    newest.payment_cost_type,
    coalesce(newest.price_per_unit_dkk, newest.schedule_amount_dkk) as price_dkk,
    newest.units,
    newest.supplier_cvr,
    newest.supplier_cvr_status,
    newest.recipient_key,
    newest.recipient_name,
    {{ provider_id('newest.supplier_cvr', 'newest.recipient_key', 'newest.recipient_name') }} as provider_id,
    {{ normalised_name('newest.recipient_name') }} as supplier_match_name,
    newest.is_fictive,
    interval_of_course.start_on,
    case when interval_of_course.has_dates then interval_of_course.end_on end as end_on,
    interval_of_course.has_dates and interval_of_course.end_on is null as is_open_ended,
    newest.approval_level,
    newest.approval_user_id,
    seen.first_grant.granted_on as first_granted_on,
    seen.first_grant.approval_level as first_approval_level,
    seen.first_grant.approval_user_id as first_approval_user_id,
    newest.appropriation_on as granted_on,
    seen.first_seen_on,
    seen.first_seen_granted_on,
    seen.last_seen_on,
    in_force.course_id is not null as is_current,
    newest.child_key,
    newest.child_cpr_status,
    newest.child_birth_on,
    newest.child_initials_key,
    newest.child_first_name_key,
    newest.child_first_name_initial_key,
    newest.child_birth_key,
    newest.target_group,
    newest.caseworker_id,
    newest.team_id,
    newest.leader_id,
    newest.paying_municipality,
    newest.acting_municipality,
    newest.residence_municipality

from newest

inner join seen
    on newest.course_id = seen.course_id

inner join interval_of_course
    on newest.course_id = interval_of_course.course_id

left join in_force
    on newest.course_id = in_force.course_id

left join account
    on newest.source_account is not distinct from account.source_account
    and newest.section_id is not distinct from account.section_id
    and newest.main_activity_no is not distinct from account.main_activity_no
