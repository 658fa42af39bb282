-- The course payments that a posting may stand for: not fictive, due by a month after the as-of date at the latest
-- (prepayment). A planned 0 stays a candidate: its price is what is missing, not the payment.
with

-- read where it is needed, a few columns at a time: written down it were all payments in memory
payment as not materialized (

    select
        course_payment_id,
        course_id,
        planned_on,
        cast(date_trunc('month', planned_on) as date) as planned_month,
        nullif(planned_dkk, 0) as price_dkk,
        planned_dkk,
        paid_on,
        paid_dkk,
        status,
        is_current,
        account_id
    from {{ ref('int_bos__course_payment') }}
    where not is_fictive
        and planned_on <= {{ as_of() }} + interval 31 day

),

-- Few courses have a payment without a price, a payment that was paid, or several payments a month: each is looked up
-- among those that do. Windows over all payments would sort all of them three times, and hold them in memory for it.
unpriced_course as (

    select distinct course_id
    from payment
    where price_dkk is null

),

-- what the course costs when the payment has no price: its last one, else its next
usual as (

    select
        course_payment_id,
        coalesce(
            last_value(price_dkk ignore nulls) over (partition by course_id order by planned_on),
            first_value(price_dkk ignore nulls) over (
                partition by course_id order by planned_on rows between current row and unbounded following
            )
        ) as usual_dkk
    from payment
    semi join unpriced_course using (course_id)

),

used_course as (

    select distinct course_id
    from payment
    where paid_on is not null

),

-- with several payments, of one schedule or of an old one and the new one that replaced it
shared_month as (

    select
        course_id,
        planned_month,
        bool_or(is_current) as has_schedule
    from payment
    group by course_id, planned_month
    having count(*) > 1

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
    payment.planned_month,
    coalesce(payment.paid_on, payment.planned_on) as expected_on,
    payment.planned_dkk,
    coalesce(payment.price_dkk, usual.usual_dkk) as usual_dkk,
    payment.paid_on,
    payment.paid_dkk,
    used_course.course_id is not null as is_course_in_use,
    payment.status,
    payment.is_current,
    not payment.is_current and coalesce(shared_month.has_schedule, false) as is_superseded,
    shared_month.course_id is not null as is_month_shared,
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

left join used_course
    on payment.course_id = used_course.course_id

left join shared_month
    on payment.course_id = shared_month.course_id
    and payment.planned_month = shared_month.planned_month

left join usual
    on payment.course_payment_id = usual.course_payment_id

-- the payments that a posting of a supplier is compared with lie together: what a join says of their pairs DuckDB then
-- works out for many at a time, even where one supplier has thousands
order by course.supplier_no, payment.planned_month
