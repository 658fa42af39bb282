-- C14: a course with regular payments was open at the year's end by the last delivery of the old year, has not been
-- ended since, and the newest delivery plans nothing for it in the new year: its payments were not renewed, or it left
-- with the report's window. One that was deleted is B11. An end in January may leave no payment. One gap a course.
with

{{ gap_rule('C14') }},

open_at_year_end as (

    select
        activity.course_id,
        compared.year_end_on,
        min(activity.start_on) as start_on
    from {{ ref('int_bos__activity_delivery') }} as activity
    inner join {{ ref('int_bos__compared_delivery') }} as compared
        on activity.source_system = compared.source_system
        and activity.extract_date = compared.year_end_on
    where activity.activity_status = 'GRANTED'
        and activity.payment_frequency is not null
        and activity.start_on < {{ start_of_year() }}
        and coalesce(activity.end_on, date '9999-12-31') >= {{ start_of_year() }} + 30
    group by activity.course_id, compared.year_end_on

),

continued as (

    select activity.course_id
    from {{ ref('int_bos__activity_delivery') }} as activity
    inner join {{ ref('int_bos__compared_delivery') }} as compared
        on activity.source_system = compared.source_system
        and activity.extract_date = compared.newest_on
    group by activity.course_id
    having max(activity.last_planned_on) >= {{ start_of_year() }}
        or max(coalesce(activity.end_on, date '9999-12-31')) < {{ start_of_year() }} + 30

)

select
    rule.rule_id,
    open_at_year_end.course_id as business_key,
    rule.severity,
    open_at_year_end.course_id,
    cast(null as varchar) as posting_id,
    course.account_id,
    course.team_id,
    course.provider_id,
    cast(null as varchar) as document_no,
    cast(0 as decimal(18, 2)) as amount_dkk,
    {{ start_of_year() }} as occurred_on,
    'Forløbet (startet ' || {{ date_da('open_at_year_end.start_on') }} || ') var åbent ved årsskiftet i leverancen '
        || {{ date_da('open_at_year_end.year_end_on') }} || ' og har ingen betalinger i '
        || year({{ as_of() }}) || '.' as text_da

from open_at_year_end

inner join {{ ref('dim_course') }} as course
    on open_at_year_end.course_id = course.course_id

cross join rule

anti join continued
    on open_at_year_end.course_id = continued.course_id

anti join {{ ref('int_bos__lost_activity') }} as lost
    on open_at_year_end.course_id = lost.course_id
