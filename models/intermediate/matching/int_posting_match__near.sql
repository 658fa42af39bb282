-- For every posting without a course: the few payments that lie nearest to it, and in Danish what differs. A payment is
-- looked at that is of the same course, supplier or person in the month that the text names (without one: the month of
-- posting and the two before it), or that has the account, the month and the amount to the øre. Equalities only, so that
-- the search grows with the postings. Grain: posting x payment, at most three payments a posting.
with

posting as (

    select posting.*
    from {{ ref('int_posting_match__posting') }} as posting
    semi join (
        select posting_id
        from {{ ref('fct_posting_match') }}
        where course_payment_id is null
    ) as unmatched
        on posting.posting_id = unmatched.posting_id

),

posting_month as (

    select
        *,
        service_month as month
    from posting
    where service_month is not null

    union all

    select
        *,
        cast(date_trunc('month', posted_on) - to_months(unnest([0, 1, 2])) as date) as month
    from posting
    where service_month is null

),

-- of equal amounts on an account a few will do
of_amount as (

    select
        payment.course_payment_id,
        payment.account_id,
        payment.planned_month,
        payment.planned_dkk
    from {{ ref('int_posting_match__payment') }} as payment
    inner join {{ ref('fct_course_payment') }} as state
        on payment.course_payment_id = state.course_payment_id
    -- before they are numbered: of all payments few have an amount that is looked for
    semi join posting_month
        on payment.account_id = posting_month.account_id
        and payment.planned_month = posting_month.month
        and payment.planned_dkk = posting_month.amount_dkk
    where not payment.is_superseded
        and state.left_dkk > 0
    qualify
        row_number() over (
            partition by payment.account_id, payment.planned_month, payment.planned_dkk
            order by payment.course_payment_id
        ) <= 3

),

pair as (

    {%- for here, there in [('course_reference', 'course_id'), ('supplier_no', 'supplier_no'), ('person_key', 'person_key')] %}

    select
        posting.posting_id,
        payment.course_payment_id
    from posting_month as posting
    inner join {{ ref('int_posting_match__payment') }} as payment
        on posting.{{ here }} = payment.{{ there }}
        and posting.month = payment.planned_month
    where not payment.is_superseded

    union
    {%- endfor %}

    select
        posting.posting_id,
        payment.course_payment_id
    from posting_month as posting
    inner join of_amount as payment
        on posting.account_id = payment.account_id
        and posting.month = payment.planned_month
        and posting.amount_dkk = payment.planned_dkk

),

compared as (

    select
        pair.posting_id,
        pair.course_payment_id,
        coalesce(posting.supplier_no <> payment.supplier_no, true)
        and coalesce(posting.person_key <> payment.person_key, true)
        and coalesce(posting.course_reference <> payment.course_id, true) as is_other_party,
        not coalesce({{ same_account('posting', 'payment') }}, false) as is_other_account,
        coalesce({{ amount_class('posting', 'payment') }} > 1, true)
        and abs(posting.amount_dkk - state.left_dkk) > {{ var('match_tolerance_dkk') }} as is_other_amount,
        {{ child_hint('posting', 'payment') }} = 2 as is_other_child,
        state.left_dkk <= {{ var('match_tolerance_dkk') }} and payment.planned_dkk > 0 as is_paid,
        {{ paid_gap('posting', 'payment') }} in (200, 250) as is_marked_elsewhere,
        payment.status <> 'GRANTED' as is_not_granted,
        not payment.is_current as is_deleted,
        payment.planned_dkk,
        payment.paid_on,
        abs(posting.amount_dkk - payment.planned_dkk) as amount_gap
    from pair
    inner join posting
        on pair.posting_id = posting.posting_id
    inner join {{ ref('int_posting_match__payment') }} as payment
        on pair.course_payment_id = payment.course_payment_id
    inner join {{ ref('fct_course_payment') }} as state
        on pair.course_payment_id = state.course_payment_id

),

ranked as (

    select
        *,
        cast(is_other_party as integer)
        + cast(is_other_child as integer)
        + cast(is_other_account as integer)
        + cast(is_other_amount as integer)
        + cast(is_paid as integer)
        + cast(is_marked_elsewhere as integer)
        + cast(is_not_granted as integer)
        + cast(is_deleted as integer) as differences,
        row_number() over (
            partition by posting_id order by differences, is_other_party, amount_gap, course_payment_id
        ) as nearness
    from compared
    qualify nearness <= {{ var('match_explain_candidates') }}

)

select
    posting_id,
    course_payment_id,
    nearness,
    cast(differences as bigint) as differences,
    coalesce(nullif(concat_ws(
        ', ',
        case when is_other_party then 'anden modtager' end,
        case when is_other_child then 'teksten peger på et andet barn' end,
        case when is_other_account then 'anden konto' end,
        case when is_other_amount then 'planlagt ' || {{ dkk_da('planned_dkk') }} end,
        case when is_paid then 'allerede betalt af andre posteringer' end,
        case when is_marked_elsewhere then 'markeret betalt ' || {{ date_da('paid_on') }} end,
        case when is_not_granted then 'ikke bevilget' end,
        case when is_deleted then 'slettet i BOS' end
    ), ''), 'intet afviger') as differences_da,
    is_paid,
    is_other_party

from ranked
