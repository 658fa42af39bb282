-- Postings for service after the end of a granted course, and the notice period (threshold of rule A08): a month that
-- the course still touched is paid lawfully. Setting an end deletes the payments that follow it; an earlier delivery may
-- have had them, and then the cascade has matched the posting. What no delivery had is known by its likeness: an
-- unmatched posting to the same supplier or person, on the same account and of the amount of the course's last payment,
-- for a month soon after the end. Grain: posting x course.
with

{{ gap_rule('A08') }},

course as (

    select
        dim_course.course_id,
        dim_course.end_on + coalesce(rule.threshold_days, 0) as paid_until
    from {{ ref('dim_course') }} as dim_course
    cross join rule
    where dim_course.status = 'GRANTED'
        and not dim_course.is_fictive
        and dim_course.end_on is not null

),

matched as (

    select
        match.posting_id,
        match.course_id,
        min(coalesce(posting.service_month, payment.planned_month)) as service_month,
        cast(sum(match.allocated_dkk) as decimal(18, 2)) as amount_dkk

    from {{ ref('fct_posting_match') }} as match

    inner join {{ ref('int_posting_match__posting') }} as posting
        on match.posting_id = posting.posting_id

    inner join {{ ref('int_posting_match__payment') }} as payment
        on match.course_payment_id = payment.course_payment_id

    inner join course
        on match.course_id = course.course_id

    anti join {{ ref('int_gap__open_posting') }} as open_posting
        on match.posting_id = open_posting.posting_id
        and open_posting.open_kind = 'beyond_plan'

    where coalesce(posting.service_month, payment.planned_month) > course.paid_until

    group by match.posting_id, match.course_id

),

last_planned as (

    select
        payment.course_id,
        any_value(course.paid_until) as paid_until,
        max(payment.planned_on) as planned_on
    from {{ ref('int_posting_match__payment') }} as payment
    inner join course
        on payment.course_id = course.course_id
        and payment.planned_on <= course.paid_until
    where payment.is_current
        and payment.planned_dkk > 0
    group by payment.course_id

),

last_payment as (

    select
        payment.*,
        last_planned.paid_until
    from {{ ref('int_posting_match__payment') }} as payment
    inner join last_planned
        on payment.course_id = last_planned.course_id
        and payment.planned_on = last_planned.planned_on
    where payment.is_current
        and payment.planned_dkk > 0

),

unmatched as (

    select
        posting.*,
        open_posting.first_month
    from {{ ref('int_gap__open_posting') }} as open_posting
    inner join {{ ref('int_posting_match__posting') }} as posting
        on open_posting.posting_id = posting.posting_id
    where open_posting.open_kind = 'unmatched'

),

-- each by an equality of its own: on an account alone every posting would meet every course
likeness as (

    {%- for party in [
        'posting.supplier_no = last_payment.supplier_no',
        'posting.person_key = last_payment.person_key and posting.person_method = last_payment.payment_method',
    ] %}

    select
        posting.posting_id,
        last_payment.course_id,
        last_payment.paid_until,
        posting.first_month as service_month,
        posting.amount_dkk
    from unmatched as posting
    inner join last_payment
        on posting.account_id = last_payment.account_id
        and {{ party }}
    where abs(posting.amount_dkk - last_payment.planned_dkk) <= {{ var('match_tolerance_dkk') }}
        and posting.first_month > last_payment.paid_until
        and posting.first_month <= last_payment.paid_until + {{ var('match_window_days') }}
        and {{ child_hint('posting', 'last_payment') }} < 2
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

),

like_last as (

    select
        posting_id,
        course_id,
        service_month,
        amount_dkk
    from likeness
    qualify row_number() over (partition by posting_id order by paid_until desc, course_id) = 1

)

select * from matched
union all
select * from like_last
