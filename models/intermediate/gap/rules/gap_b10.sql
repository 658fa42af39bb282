-- B10: the plan of a course that the previous month-end delivery had was changed for days that are paid or whose period
-- is closed: payments are gone (an end date set back deletes them, paid ones too), were added, or have another amount.
-- Not here: what lies outside the report's window, and activities that are lost altogether (B11). One event a course
-- and month-end delivery that it is compared with.
with

{{ gap_rule('B10') }},

{{ closed_month() }},

compared as (

    select * from {{ ref('int_bos__compared_delivery') }}
    where previous_on < newest_on

),

payment as (

    select
        payment.course_id,
        payment.planned_on,
        compared.previous_on,
        compared.newest_on,
        sum(payment.planned_dkk) filter (where payment.extract_date = compared.previous_on) as previous_dkk,
        sum(payment.planned_dkk) filter (where payment.extract_date = compared.newest_on) as newest_dkk,
        max(payment.start_on) filter (where payment.extract_date = compared.previous_on) as previous_start_on,
        max(payment.paid_on) filter (where payment.extract_date = compared.previous_on) as paid_on
    from {{ ref('stg_bos__course_payment') }} as payment
    inner join compared
        on payment.source_system = compared.source_system
        and payment.extract_date in (compared.previous_on, compared.newest_on)
    where payment.report = 'granted'
        and not payment.is_fictive
        and least(payment.planned_on, payment.paid_on) >= compared.window_from
    group by payment.course_id, payment.planned_on, compared.previous_on, compared.newest_on

),

known_course as (

    select course_id
    from payment
    group by course_id
    having count(previous_dkk) > 0
        and count(newest_dkk) > 0

),

changed as (

    select
        payment.*,
        coalesce(payment.newest_dkk, 0) - coalesce(payment.previous_dkk, 0) as change_dkk
    from payment
    semi join known_course
        on payment.course_id = known_course.course_id
    anti join {{ ref('int_bos__lost_activity') }} as lost
        on payment.course_id = lost.course_id
        and payment.previous_start_on is not distinct from lost.start_on
        and payment.newest_dkk is null
    left join closed_month
        on date_trunc('month', payment.planned_on) = closed_month.month
    where payment.previous_dkk is distinct from payment.newest_dkk
        and (closed_month.month is not null or payment.paid_on is not null)

),

course_change as (

    select
        course_id,
        previous_on,
        newest_on,
        min(planned_on) as first_planned_on,
        max(planned_on) as last_planned_on,
        count(*) filter (where newest_dkk is null) as payments_gone,
        count(*) filter (where previous_dkk is null) as payments_added,
        count(*) filter (where previous_dkk is not null and newest_dkk is not null) as payments_changed,
        cast(sum(abs(change_dkk)) as decimal(18, 2)) as amount_dkk,
        cast(sum(change_dkk) as decimal(18, 2)) as change_dkk
    from changed
    group by course_id, previous_on, newest_on

),

course_date as (

    select
        course_id,
        extract_date,
        min(start_on) as start_on,
        case when bool_and(end_on is not null) then max(end_on) end as end_on
    from {{ ref('int_bos__activity_delivery') }}
    where activity_status = 'GRANTED'
    group by course_id, extract_date

)

select
    rule.rule_id,
    course.course_id || '|' || strftime(course_change.previous_on, '%Y-%m-%d') as business_key,
    rule.severity,
    course.course_id,
    cast(null as varchar) as posting_id,
    course.account_id,
    course.team_id,
    course.provider_id,
    cast(null as varchar) as document_no,
    course_change.amount_dkk,
    course_change.first_planned_on as occurred_on,
    concat_ws(
        '; ',
        'Ændret siden leverancen ' || {{ date_da('course_change.previous_on') }}
        || ' for betalte eller lukkede perioder (' || {{ date_da('course_change.first_planned_on') }} || ' - '
        || {{ date_da('course_change.last_planned_on') }} || ')',
        case
            when earlier.start_on is distinct from later.start_on
                then 'startdato fra ' || coalesce({{ date_da('earlier.start_on') }}, 'ingen') || ' til '
                    || coalesce({{ date_da('later.start_on') }}, 'ingen')
        end,
        case
            when earlier.end_on is distinct from later.end_on
                then 'slutdato fra ' || coalesce({{ date_da('earlier.end_on') }}, 'ingen') || ' til '
                    || coalesce({{ date_da('later.end_on') }}, 'ingen')
        end,
        'betalinger slettet ' || course_change.payments_gone || ', tilføjet ' || course_change.payments_added
        || ', ændret ' || course_change.payments_changed,
        'virkning ' || {{ dkk_da('course_change.change_dkk') }}
    ) as text_da

from course_change

inner join {{ ref('dim_course') }} as course
    on course_change.course_id = course.course_id

cross join rule

left join course_date as earlier
    on course_change.course_id = earlier.course_id
    and course_change.previous_on = earlier.extract_date

left join course_date as later
    on course_change.course_id = later.course_id
    and course_change.newest_on = later.extract_date
