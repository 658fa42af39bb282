-- The course's payment id stands in the reference field or in the text: the course is certain, the payment is the one
-- of the nearest service month. An id cut off by the text's length is a prefix; one on a line for several children
-- is only a hint for the bundle.
with

{{ open_for_matching('reference') }},

payment_of_month as (

    select
        *,
        sum(left_dkk) filter (where not is_superseded) over (
            partition by course_id, planned_month
        ) as month_left_dkk
    from payment
    where is_month_shared

),

referring as (

    select
        *,
        coalesce(service_month, cast(date_trunc('month', posted_on) as date)) as month
    from posting
    where course_reference is not null
        and coalesce(child_count, 1) = 1

),

-- an id that ends at the text's cut is a prefix: of a course of the supplier that has a payment in the month
named as (

    select
        posting_id,
        course_reference as course_id,
        service_month
    from referring
    where not is_reference_cut

    union

    select
        referring.posting_id,
        payment.course_id,
        referring.service_month
    from referring
    inner join {{ ref('int_posting_match__payment') }} as payment
        on referring.supplier_no = payment.supplier_no
        and referring.month = payment.planned_month
        and starts_with(payment.course_id, referring.course_reference)
    where referring.is_reference_cut

),

-- where the course has the month that the text names, no other month is looked at
named_month as (

    select
        named.posting_id,
        named.course_id,
        course_month.planned_month
    from named
    left join (
        select distinct
            course_id,
            planned_month
        from {{ ref('int_posting_match__payment') }}
    ) as course_month
        on named.course_id = course_month.course_id
        and named.service_month = course_month.planned_month

),

-- a line that pays for all of the month's payments belongs to course_month
paying_month as (

    select distinct referring.posting_id
    from referring
    inner join named_month
        on referring.posting_id = named_month.posting_id
    inner join payment_of_month as payment
        on named_month.course_id = payment.course_id
        and coalesce(named_month.planned_month = payment.planned_month, true)
    -- where the month's other payments are paid the sum is the payment
    where payment.month_left_dkk <> payment.left_dkk
        and payment.supplier_no is not null
        and abs(referring.amount_dkk - payment.month_left_dkk) <= {{ match_tolerance('payment.month_left_dkk') }}
        and abs(referring.amount_dkk - payment.left_dkk) > {{ match_tolerance('payment.left_dkk') }}

),

-- the payments of the month that is meant; of a posting without such a one all of the course's, of ten years maybe
{%- for pair, posting in [('pair_in_month', 'referring'), ('pair_elsewhere', 'without_month')] %}

{{ pair }} as (

    select
        posting.posting_id,
        posting.amount_dkk,
        posting.posted_on,
        posting.service_month,
        payment.*,
        case
            when posting.service_month is not null
                then abs(date_diff('month', posting.service_month, payment.planned_month))
            -- of a course of ten years only what may be paid now is a candidate
            when {{ paid_gap('posting', 'payment') }} < 100 then 0
            when payment.planned_on between posting.posted_on - {{ var('match_window_days') }}
                and posting.posted_on + {{ var('match_early_days') }}
                then 0
            else 1 + abs(date_diff('month', posting.month, payment.planned_month))
        end as month_gap
    from {{ posting }} as posting
    anti join paying_month
        on posting.posting_id = paying_month.posting_id
    inner join named_month
        on posting.posting_id = named_month.posting_id
    inner join payment
        on named_month.course_id = payment.course_id
        and coalesce(named_month.planned_month = payment.planned_month, true)
    {{ 'where month_gap = 0' if loop.first }}

),
{%- if loop.first %}

without_month as (

    select referring.*
    from referring
    anti join pair_in_month
        on referring.posting_id = pair_in_month.posting_id

),
{%- endif %}
{%- endfor %}

nearest_month as (

    select
        posting_id,
        min(month_gap) as month_gap
    from pair_elsewhere
    group by posting_id

),

nearest as (

    select * from pair_in_month

    union all

    select pair_elsewhere.*
    from pair_elsewhere
    inner join nearest_month
        on pair_elsewhere.posting_id = nearest_month.posting_id
        and pair_elsewhere.month_gap = nearest_month.month_gap

),

{{ dealt_out('nearest') }},

candidate as (

    select
        posting_id,
        course_payment_id,
        amount_dkk,
        -- a reversal undoes a met payment, it does not need an open one
        is_met and sign(amount_dkk) = sign(planned_dkk) as is_met,
        -- of several plans of the month the one that lies nearest; of equal ones an amount says nothing
        abs(amount_dkk - left_dkk) - min(abs(amount_dkk - left_dkk)) over (partition by posting_id)
        > {{ var('match_tolerance_dkk') }} as is_amount_off,
        {{ paid_gap('dealt', 'dealt') }} as paid_gap,
        order_gap,
        case
            when payment_method in ('SD', 'CASH') then abs(posted_on - expected_on)
            else {{ lag_gap('dealt', 'dealt') }}
        end as day_gap,
        abs(amount_dkk - left_dkk) as amount_gap,
        planned_on,
        twins
    from dealt

),

-- the course is certain, so that the earliest payment breaks the last tie
{{ assign_matches(
    ['is_amount_off', 'paid_gap', 'order_gap', 'day_gap', 'amount_gap', 'planned_on'], '1.0 / twins', candidates='twins'
) }}

{{ whole_matches('reference') }}
