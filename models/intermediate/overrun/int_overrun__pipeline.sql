-- What the expected report has that the granted report has not, less what it takes away: the pipeline, a payment a row.
-- An EXPECTED adjustment displaces the granted payments that it would replace. When nobody believes the adjustment any
-- longer (its start is too long past) its displaced payments are believed again: both go to the stale side together.
with

payment as (

    select
        payment.*,
        course.appropriation_id,
        course.activity_no,
        course.course_type,
        course.start_on as course_start_on
    from {{ ref('int_bos__course_payment') }} as payment
    inner join {{ ref('int_bos__course') }} as course
        on payment.course_id = course.course_id
    where payment.is_current
        and not payment.is_fictive

),

expected_course as (

    select
        course_id,
        appropriation_id,
        activity_no,
        course_type,
        min(planned_on) as first_planned_on,
        coalesce(min(course_start_on) < {{ as_of() }} - {{ var('pipeline_stale_days') }}, false) as is_stale
    from payment
    where status = 'EXPECTED'
    group by course_id, appropriation_id, activity_no, course_type

),

displaced as (

    select
        payment.course_payment_id,
        payment.course_id,
        payment.account_id,
        payment.planned_on,
        -payment.granted_dkk as amount_dkk,
        expected_course.course_id as expected_course_id,
        expected_course.is_stale
    from payment
    -- the report names no adjustment's origin: the same appropriation's same activity, from its first payment on
    left join expected_course
        on payment.appropriation_id = expected_course.appropriation_id
        and payment.activity_no = expected_course.activity_no
        and payment.course_type = expected_course.course_type
        and payment.planned_on >= expected_course.first_planned_on
    where payment.granted_dkk is not null
        and payment.expected_dkk is null
    -- where several adjustments displace it, the one that starts last
    qualify row_number() over (
        partition by payment.course_payment_id order by expected_course.first_planned_on desc nulls last, expected_course.course_id
    ) = 1

)

select
    payment.course_payment_id,
    payment.course_id,
    payment.account_id,
    payment.planned_on,
    cast(payment.expected_dkk - coalesce(payment.granted_dkk, 0) as decimal(18, 2)) as amount_dkk,
    expected_course.course_id as expected_course_id,
    coalesce(expected_course.is_stale, false) as is_stale
from payment
left join expected_course
    on payment.course_id = expected_course.course_id
where payment.expected_dkk is not null
    and payment.expected_dkk <> coalesce(payment.granted_dkk, 0)

union all

select
    course_payment_id,
    course_id,
    account_id,
    planned_on,
    cast(amount_dkk as decimal(18, 2)) as amount_dkk,
    expected_course_id,
    coalesce(is_stale, false) as is_stale
from displaced
