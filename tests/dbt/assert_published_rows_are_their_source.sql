-- Row by row: a posting is the ledger's, a match and its payment are of one course, months hold a course's days, and no list
-- lacks a row that what it is made of asks for.
select
    'fct_posting' as mart,
    coalesce(posting.posting_id, source.posting_id) as key
from {{ ref('fct_posting') }} as posting
full join {{ ref('int_ledger__posting') }} as source
    on posting.posting_id = source.posting_id
where posting.amount_dkk is distinct from source.amount_dkk
    or posting.account_id is distinct from source.account_id
    or posting.period_no is distinct from source.period_no
    or posting.posted_on is distinct from source.posted_on
    or posting.provider_id is distinct from source.provider_id
    or posting.service_month is distinct from source.service_month

union all

select
    'fct_posting_match' as mart,
    match.posting_id as key
from {{ ref('fct_posting_match') }} as match
inner join {{ ref('fct_course_payment') }} as payment
    on match.course_payment_id = payment.course_payment_id
where match.course_id is distinct from payment.course_id

union all

select
    'fct_course_month' as mart,
    course.course_id as key
from {{ ref('dim_course') }} as course
left join (
    select
        course_id,
        sum(course_days) as course_days
    from {{ ref('fct_course_month') }}
    group by course_id
) as month
    on course.course_id = month.course_id
where course.course_days <> coalesce(month.course_days, 0)

union all

select
    'mart_new_grants' as mart,
    course.course_id as key
from {{ ref('dim_course') }} as course
inner join (
    select
        source_system,
        min(extract_date) as extract_date
    from {{ ref('int_bos__delivery_window') }}
    group by source_system
) as first_delivery
    on course.source_system = first_delivery.source_system
    and course.first_seen_granted_on > first_delivery.extract_date
anti join {{ ref('mart_new_grants') }} as new_grant
    on course.course_id = new_grant.course_id

union all

select
    'mart_new_grants' as mart,
    new_grant.course_id as key
from {{ ref('mart_new_grants') }} as new_grant
inner join {{ ref('int_overrun__course_state') }} as state
    on new_grant.course_id = state.course_id
where new_grant.month_dkk is distinct from state.month_dkk
    or new_grant.granted_year_dkk is distinct from state.granted_year_dkk

union all

select
    'mart_data_trust' as mart,
    coalesce(trust.frame_id, frame.frame_id) as key
from {{ ref('mart_data_trust') }} as trust
full join {{ ref('mart_overrun_frame') }} as frame
    on trust.fiscal_year = frame.fiscal_year
    and trust.frame_id = frame.frame_id
where trust.as_of is distinct from frame.as_of

union all

-- from the first date on, every date
select
    'mart_late_registration_burndown' as mart,
    burndown.team_id as key
from (
    select
        team_id,
        count(*) as dates,
        min(observed_on) as first_on
    from {{ ref('mart_late_registration_burndown') }}
    group by team_id
) as burndown
inner join {{ ref('int_gap__observation_date') }} as observation_date
    on burndown.first_on <= observation_date.observed_on
group by burndown.team_id, burndown.dates
having count(*) <> burndown.dates

union all

select
    'mart_consequence' as mart,
    decision_no as key
from {{ ref('mart_consequence') }}
group by decision_no, fiscal_year
having max(own_effect_dkk) <> coalesce(sum(effect_dkk) filter (where is_own_frame), 0)
    or max(others_effect_dkk) <> coalesce(sum(effect_dkk) filter (where not is_own_frame), 0)

union all

select
    'mart_double_measure' as mart,
    pair.course_id as key
from (select distinct course_id, other_course_id from {{ ref('int_review__double_month') }}) as pair
anti join {{ ref('mart_double_measure') }} as double_measure
    on pair.course_id = double_measure.course_id
    and pair.other_course_id = double_measure.other_course_id

union all

select
    'mart_review_list' as mart,
    course.course_id as key
from {{ ref('int_review__course') }} as course
anti join {{ ref('mart_review_list') }} as review
    on course.course_id = review.course_id
where course.measure_days > course.duration_limit_days

union all

select
    'mart_run_status' as mart,
    rule_status.rule_id as key
from {{ ref('int_gap__rule_status') }} as rule_status
left join {{ ref('mart_run_status') }} as status
    on rule_status.rule_id = status.name
    and status.subject = 'rule'
where (status.status = 'run') is distinct from rule_status.is_run

union all

-- what still stands was seen on the newest date
select
    'mart_registration_gap' as mart,
    gap_id as key
from {{ ref('mart_registration_gap') }}
where kind = 'gap'
    and closed_on is null
    and gap_id not in (select hit.gap_id from {{ ref('int_gap__hit') }} as hit)
