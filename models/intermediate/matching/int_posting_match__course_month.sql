-- One posting for the sum of a course's payments in a month, or the numbered parts of an invoice for one of them. The
-- course is the one that the line refers to or, without a reference, one of the supplier on the account.
with

{{ open_for_matching('course_month') }},

{{ months_of_postings(var('match_window_days')) }},

-- the parts of one invoice are looked at as one line; everything else for itself
line as (

    select
        coalesce(invoice_part.line_id, posting_month.posting_id) as line_id,
        posting_month.month,
        any_value(posting_month.service_month) as service_month,
        any_value(posting_month.supplier_no) as supplier_no,
        any_value(posting_month.account_id) as account_id,
        any_value(posting_month.category_no) as category_no,
        any_value(posting_month.course_reference) as course_reference,
        any_value(posting_month.hint_birth_key) as hint_birth_key,
        any_value(posting_month.hint_initials_key) as hint_initials_key,
        any_value(posting_month.hint_first_name_key) as hint_first_name_key,
        any_value(posting_month.hint_first_name_initial_key) as hint_first_name_initial_key,
        any_value(posting_month.text_appropriation_id) as text_appropriation_id,
        bool_or(posting_month.is_text_appropriation_id_cut) as is_text_appropriation_id_cut,
        max(posting_month.posted_on) as posted_on,
        sum(posting_month.amount_dkk) as amount_dkk,
        count(distinct posting_month.posting_id) as parts
    from posting_month
    left join {{ ref('int_posting_match__invoice_part') }} as invoice_part
        on posting_month.posting_id = invoice_part.posting_id
    where coalesce(posting_month.child_count, 1) = 1
    group by all

),

course_month as (

    select
        course_id || '/' || strftime(planned_month, '%Y-%m') as course_month_id,
        course_id,
        planned_month,
        any_value(supplier_no) as supplier_no,
        any_value(account_id) as account_id,
        any_value(category_no) as category_no,
        bool_and(is_account_valid) as is_account_valid,
        any_value(child_birth_key) as child_birth_key,
        any_value(child_initials_key) as child_initials_key,
        any_value(child_first_name_key) as child_first_name_key,
        any_value(child_first_name_initial_key) as child_first_name_initial_key,
        any_value(appropriation_id) as appropriation_id,
        bool_or(status <> 'GRANTED' or not is_current) as is_second_choice,
        any_value(payment_method) as payment_method,
        max(paid_on) as paid_on,
        sum(paid_dkk) as paid_dkk,
        sum(usual_dkk) as usual_dkk,
        bool_or(is_course_in_use) as is_course_in_use,
        sum(left_dkk) as left_dkk,
        sum(left_dkk) as planned_dkk,
        count(*) as payments
    from payment
    where not is_met
        and not is_superseded
        and supplier_no is not null
    group by course_id, planned_month

),

pair as (

    select
        line.line_id as posting_id,
        course_month.course_month_id,
        line.amount_dkk,
        false as is_met,
        not {{ same_account('line', 'course_month') }} as is_other_account,
        {{ child_hint('line', 'course_month') }} as child_hint,
        {{ amount_class('line', 'course_month') }} as amount_class,
        {{ paid_gap('line', 'course_month') }} as paid_gap,
        {{ lag_gap('line', 'course_month') }} as lag_gap,
        abs(line.amount_dkk - course_month.left_dkk) as amount_gap,
        course_month.is_second_choice,
        not course_month.is_course_in_use as is_unused
    from line
    inner join course_month
        on line.supplier_no = course_month.supplier_no
        and line.month = course_month.planned_month
    where {{ amount_class('line', 'course_month') }} is not null
        and not {{ is_doubtful('line', 'course_month') }}
        -- on another account only to the krone, and the text or the mark must point at the course
        and (
            {{ same_account('line', 'course_month') }}
            or {{ amount_class('line', 'course_month') }} = 0
            and ({{ child_hint('line', 'course_month') }} = 0 or {{ paid_gap('line', 'course_month') }} < 100)
        )
        and (line.parts > 1 or course_month.payments > 1)
        and coalesce(line.course_reference, course_month.course_id) = course_month.course_id

),

candidate as (

    select * from pair where child_hint < 2

),

{{ assign_matches(
    ['is_other_account', 'child_hint', 'amount_class', 'paid_gap', 'lag_gap', 'amount_gap', 'is_second_choice', 'is_unused'],
    'case when child_hint = 0 then 0.95 else 0.85 end', target='course_month_id'
) }},

-- back from the line to its postings and from the course's month to its payments
share as (

    select
        coalesce(part.posting_id, result.posting_id) as posting_id,
        payment.course_payment_id,
        coalesce(part.amount_dkk, result.amount_dkk) as amount_dkk,
        payment.left_dkk as plan_dkk,
        result.confidence,
        result.candidates
    from result
    -- the parts that were still open: an earlier step may have matched one of them
    left join (
        select
            invoice_part.line_id,
            posting.posting_id,
            posting.amount_dkk
        from {{ ref('int_posting_match__invoice_part') }} as invoice_part
        inner join posting
            on invoice_part.posting_id = posting.posting_id
    ) as part
        on result.posting_id = part.line_id
    left join payment
        on result.course_month_id = payment.course_id || '/' || strftime(payment.planned_month, '%Y-%m')
        and not payment.is_met
        and not payment.is_superseded

),

{{ shared_matches('course_month') }}
