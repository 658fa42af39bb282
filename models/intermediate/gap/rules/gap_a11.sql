-- A11: a payment for a child's course went to another supplier than the course's. The child is certain: the posting is
-- matched to the course (by its payment id), or no course was found for it and its text has the number of the child's
-- appropriation or its birth date, where a course of another supplier on the same account and of the same amount is
-- unpaid for the month. One supplier is one CVR or one name (another number under the name is D04); suppliers of one
-- group are allowed by the seed provider_alias. Net of reversals. One gap a posting.
with

{{ gap_rule('A11') }},

provider_alias as (

    select * from {{ ref('stg_reference__provider_alias') }}

),

unmatched as (

    select posting.*
    from {{ ref('int_posting_match__posting') }} as posting
    semi join (
        select posting_id from {{ ref('int_gap__open_posting') }} where open_kind = 'unmatched'
    ) as open_posting
        on posting.posting_id = open_posting.posting_id

),

-- each hint by an equality of its own; who is known by both is there once
known_child as (

    {%- for here, there in [('hint_birth_key', 'child_birth_key'), ('text_appropriation_id', 'appropriation_id')] %}

    select
        posting.posting_id,
        payment.course_payment_id,
        payment.course_id,
        posting.amount_dkk
    from unmatched as posting
    inner join {{ ref('int_posting_match__payment') }} as payment
        on posting.{{ here }} = payment.{{ there }}
        and posting.service_month = payment.planned_month
        and posting.account_id = payment.account_id
    where posting.supplier_no <> payment.supplier_no
        and abs(posting.amount_dkk - payment.planned_dkk) <= {{ match_tolerance('payment.planned_dkk') }}
    {%- if not loop.last %}

    union
    {%- endif %}
    {%- endfor %}

),

other_supplier as (

    select
        match.posting_id,
        match.course_id,
        match.allocated_dkk as amount_dkk
    from {{ ref('fct_posting_match') }} as match
    inner join {{ ref('int_posting_match__posting') }} as posting
        on match.posting_id = posting.posting_id
    inner join {{ ref('int_posting_match__payment') }} as payment
        on match.course_payment_id = payment.course_payment_id
        and posting.supplier_no <> payment.supplier_no

    union all

    select
        known_child.posting_id,
        known_child.course_id,
        known_child.amount_dkk
    from known_child
    anti join {{ ref('int_gap__posted_payment') }} as posted
        on known_child.course_payment_id = posted.course_payment_id

),

paid as (

    select
        other_supplier.posting_id,
        min(other_supplier.course_id) as course_id,
        cast(sum(other_supplier.amount_dkk) as decimal(18, 2)) as amount_dkk
    from other_supplier
    group by other_supplier.posting_id

),

named as (

    select
        paid.*,
        course.account_id,
        course.team_id,
        course.recipient_name,
        course.supplier_cvr as course_cvr,
        ledger.supplier_name,
        ledger.supplier_cvr,
        ledger.provider_id,
        ledger.posted_on,
        coalesce(ledger.invoice_no, ledger.posting_id) as document_no,
        count(*) filter (where paid.amount_dkk < 0) over (
            partition by paid.course_id, ledger.provider_id, abs(paid.amount_dkk)
        ) as reversals,
        row_number() over (
            partition by paid.course_id, ledger.provider_id, paid.amount_dkk
            order by ledger.posted_on, ledger.posting_id
        ) as nth_posting
    from paid
    inner join {{ ref('int_ledger__posting') }} as ledger
        on paid.posting_id = ledger.posting_id
    inner join {{ ref('int_bos__course') }} as course
        on paid.course_id = course.course_id

)

select
    rule.rule_id,
    named.posting_id as business_key,
    rule.severity,
    named.course_id,
    named.posting_id,
    named.account_id,
    named.team_id,
    named.provider_id,
    named.document_no,
    named.amount_dkk,
    named.posted_on as occurred_on,
    {{ dkk_da('named.amount_dkk') }} || ' er bogført ' || {{ date_da('named.posted_on') }} || ' til '
        || coalesce(named.supplier_name, 'en anden leverandør') || coalesce(' (CVR ' || named.supplier_cvr || ')', '')
        || '; forløbets leverandør er ' || coalesce(named.recipient_name, 'en anden')
        || coalesce(' (CVR ' || named.course_cvr || ')', '') || '.' as text_da

from named

cross join rule

left join provider_alias as paid_group
    on named.supplier_cvr = paid_group.cvr_no

left join provider_alias as course_group
    on named.course_cvr = course_group.cvr_no

where named.amount_dkk > 0
    and named.nth_posting > named.reversals
    and coalesce(paid_group.group_name <> course_group.group_name, true)
