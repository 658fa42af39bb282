-- The same supplier and invoice number as a matched posting: a reversal, a correction or a repeat goes where the matched
-- one went, shared out as that was. It comes last, because it stands on the matches of the others.
with

{{ open_for_matching('invoice') }},

matched as (

    select
        origin.supplier_no,
        origin.invoice_no,
        origin.posting_id as origin_posting_id,
        origin.posted_on as origin_posted_on,
        origin.amount_dkk as origin_amount_dkk,
        earlier.course_payment_id,
        earlier.allocated_dkk
    from earlier
    inner join {{ ref('int_posting_match__posting') }} as origin
        on earlier.posting_id = origin.posting_id
    where earlier.course_payment_id is not null
        and origin.invoice_no is not null
        and origin.supplier_no is not null

),

-- of several matched postings with the number: the equal amount, then the nearest day
origin as (

    select
        posting.posting_id,
        posting.amount_dkk,
        matched.origin_posting_id
    from posting
    inner join matched
        on posting.supplier_no = matched.supplier_no
        and posting.invoice_no = matched.invoice_no
    qualify row_number() over (
        partition by posting.posting_id
        order by
            abs(abs(posting.amount_dkk) - abs(matched.origin_amount_dkk)),
            abs(posting.posted_on - matched.origin_posted_on),
            matched.origin_posting_id
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
