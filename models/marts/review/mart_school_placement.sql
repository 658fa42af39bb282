-- Places that may have a school: what was posted on the social side and on the school's, and the share each pays, per
-- course where the postings show it and per provider. A side that the accounts do not show is unknown, not 0.
with

posted as (

    select
        month,
        provider_id,
        course_id,
        sum(case when side = 'social' then amount_dkk else 0 end) as social_dkk,
        sum(case when is_teaching then amount_dkk else 0 end) as social_teaching_dkk,
        sum(case when side = 'school' then amount_dkk else 0 end) as school_dkk,
        count(*) filter (where side = 'school') as school_postings
    from {{ ref('int_school_placement__posting') }}
    group by month, provider_id, course_id

),

-- invoices come late: whether a school is billed is told by the year, not by the month
shown as (

    select
        *,
        sum(school_postings) over (partition by provider_id, course_id, year(month)) > 0 as is_school_shown,
        sum(school_postings) over (partition by provider_id, year(month)) > 0 as is_school_shown_of_provider,
        sum(social_dkk) over (partition by month, provider_id) as provider_social_dkk,
        sum(school_dkk) over (partition by month, provider_id) as provider_school_dkk
    from posted

),

shared as (

    select
        *,
        case
            when is_school_shown and course_id is not null and social_dkk >= 0 and school_dkk >= 0
                then {{ divide('school_dkk * 100', 'social_dkk + school_dkk') }}
        end as school_share_pct,
        case
            when is_school_shown_of_provider and provider_social_dkk >= 0 and provider_school_dkk >= 0
                then {{ divide('provider_school_dkk * 100', 'provider_social_dkk + provider_school_dkk') }}
        end as provider_school_share_pct
    from shown

)

select
    {{ as_of() }} as as_of,
    month,
    provider_id,
    course_id,
    cast(social_dkk as decimal(18, 2)) as social_dkk,
    cast(social_teaching_dkk as decimal(18, 2)) as social_teaching_dkk,
    is_school_shown,
    cast(case when is_school_shown then school_dkk end as decimal(18, 2)) as school_dkk,
    cast(100 - school_share_pct as decimal(18, 2)) as social_share_pct,
    school_share_pct,
    is_school_shown_of_provider,
    cast(provider_social_dkk as decimal(18, 2)) as provider_social_dkk,
    cast(case when is_school_shown_of_provider then provider_school_dkk end as decimal(18, 2)) as provider_school_dkk,
    cast(100 - provider_school_share_pct as decimal(18, 2)) as provider_social_share_pct,
    provider_school_share_pct

from shared
