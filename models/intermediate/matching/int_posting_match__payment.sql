-- The course payments that a posting may stand for: not fictive, due by a month after the as-of date at the latest
-- (prepayment). A planned 0 stays a candidate: its price is what is missing, not the payment.
with

-- the windows run over the payment alone: with the course's columns they would sort all of it four times
payment as (

    select
        course_payment_id,
        course_id,
        planned_on,
        planned_dkk,
        -- what the course costs when the payment has no price: its last one, else its next
        coalesce(
            last_value(nullif(planned_dkk, 0) ignore nulls) over course_until_now,
            first_value(nullif(planned_dkk, 0) ignore nulls) over course_from_now
        ) as usual_dkk,
        paid_on,
        paid_dkk,
        bool_or(paid_on is not null) over (partition by course_id) as is_course_in_use,
        status,
        is_current,
        -- a new schedule of the month stands beside what it replaced
        not is_current
        and bool_or(is_current) over (partition by course_id, date_trunc('month', planned_on)) as is_superseded,
        account_id
    from {{ ref('int_bos__course_payment') }}
    where not is_fictive
        and planned_on <= {{ as_of() }} + interval 31 day
    window
        course_until_now as (partition by course_id order by planned_on),
        course_from_now as (
            partition by course_id order by planned_on rows between current row and unbounded following
        )

),

course as (

    select
        course.*,
        coalesce(by_cvr.supplier_no, by_name.supplier_no) as supplier_no
    from {{ ref('int_bos__course') }} as course
    left join {{ ref('int_posting_match__supplier') }} as by_cvr
        on course.supplier_cvr = by_cvr.written
        and by_cvr.written_as = 'cvr'
    left join {{ ref('int_posting_match__supplier') }} as by_name
        on course.supplier_match_name = by_name.written
        and by_name.written_as = 'name'

)

select
    payment.course_payment_id,
    payment.course_id,
    payment.planned_on,
    cast(date_trunc('month', payment.planned_on) as date) as planned_month,
    coalesce(payment.paid_on, payment.planned_on) as expected_on,
    payment.planned_dkk,
    payment.usual_dkk,
    payment.paid_on,
    payment.paid_dkk,
    payment.is_course_in_use,
    payment.status,
    payment.is_current,
    payment.is_superseded,
    payment.account_id,
    regexp_full_match(payment.account_id, '\d{9}-\d{6}') as is_account_valid,
    coalesce(course.category_no, split_part(payment.account_id, '-', 2)) as category_no,
    course.payment_method,
    course.supplier_no,
    case course.payment_method when 'SD' then course.recipient_key when 'CASH' then course.child_key end as person_key,
    course.appropriation_id,
    course.child_initials_key,
    course.child_first_name_key,
    course.child_first_name_initial_key,
    course.child_birth_key

from payment

inner join course
    on payment.course_id = course.course_id
