-- The same supplier and invoice number as a matched posting: a reversal, a correction or a repeat goes where the matched
-- one went, shared out as that was. So does a line that says it reverses another and has the amount of one of the
-- supplier's on the account: internal settlements have no number. The step comes last, because it stands on the matches of the others.
with

{{ open_for_matching('invoice') }},

matched as (

    select
        origin.supplier_no,
        origin.invoice_no,
        origin.base_invoice_no,
        origin.account_id,
        origin.service_month,
        origin.child_count,
        origin.posting_id as origin_posting_id,
        origin.posted_on as origin_posted_on,
        origin.amount_dkk as origin_amount_dkk,
        earlier.course_payment_id,
        earlier.allocated_dkk
    from ({{ earlier_matches('invoice') }}) as earlier
    inner join {{ ref('int_posting_match__posting') }} as origin
        on earlier.posting_id = origin.posting_id
    where earlier.course_payment_id is not null
        and origin.supplier_no is not null

),

pair as (

    select
        posting.posting_id,
        posting.amount_dkk,
        posting.posted_on,
        matched.*
    from posting
    inner join matched
        on posting.supplier_no = matched.supplier_no
        and posting.base_invoice_no = matched.base_invoice_no
    where posting.invoice_no = matched.invoice_no
        or abs(posting.amount_dkk) = abs(matched.origin_amount_dkk)

    union all

    select
        posting.posting_id,
        posting.amount_dkk,
        posting.posted_on,
        matched.*
    from posting
    inner join matched
        on posting.supplier_no = matched.supplier_no
        and posting.account_id = matched.account_id
        and posting.amount_dkk = -matched.origin_amount_dkk
    where posting.is_reversal_text
        and posting.invoice_no is null
        and coalesce(posting.service_month, matched.service_month) is not distinct from matched.service_month
        and posting.posted_on >= matched.origin_posted_on

    union all

    -- a collective invoice that comes again under another number
    select
        posting.posting_id,
        posting.amount_dkk,
        posting.posted_on,
        matched.*
    from posting
    inner join matched
        on posting.supplier_no = matched.supplier_no
        and posting.service_month = matched.service_month
        and posting.child_count = matched.child_count
        and posting.amount_dkk = matched.origin_amount_dkk
    where posting.child_count > 1

),

-- of several matched postings: the equal amount, then the nearest day
origin as (

    select
        posting_id,
        amount_dkk,
        origin_posting_id
    from pair
    qualify row_number() over (
        partition by posting_id
        order by
            abs(abs(amount_dkk) - abs(origin_amount_dkk)),
            abs(posted_on - origin_posted_on),
            origin_posting_id
    ) = 1

),

share as (

    select
        origin.posting_id,
        matched.course_payment_id,
        origin.amount_dkk,
        matched.allocated_dkk as plan_dkk,
        0.9 as confidence,
        1 as candidates
    from origin
    inner join matched
        on origin.origin_posting_id = matched.origin_posting_id

),

{{ shared_matches('invoice') }}
