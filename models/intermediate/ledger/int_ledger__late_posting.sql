-- Postings that came into a period after it was closed: dated after its close, or missing in the first delivery of the
-- period that was made after the close. The whole deliveries are compared, whatever dates the lines have.
with

closed_period as (

    select
        fiscal_year,
        period_no,
        closed_on
    from {{ ref('int_ledger__period') }}
    where is_closed

),

posting as (

    select
        posting.*,
        closed_period.closed_on
    from {{ ref('int_ledger__posting') }} as posting
    inner join closed_period
        on posting.fiscal_year = closed_period.fiscal_year
        and posting.period_no = closed_period.period_no

),

-- the period as it was handed over when it was closed
settled as (

    select
        posting.source_system,
        posting.fiscal_year,
        posting.period_no,
        min(posting.extract_date) as extract_date
    from {{ ref('stg_ledger__posting') }} as posting
    inner join closed_period
        on posting.fiscal_year = closed_period.fiscal_year
        and posting.period_no = closed_period.period_no
        and posting.extract_date > closed_period.closed_on
    group by posting.source_system, posting.fiscal_year, posting.period_no

),

settled_posting as (

    select
        posting.source_system,
        posting.posting_id
    from {{ ref('stg_ledger__posting') }} as posting
    inner join settled
        on posting.source_system = settled.source_system
        and posting.fiscal_year = settled.fiscal_year
        and posting.period_no = settled.period_no
        and posting.extract_date = settled.extract_date

)

select
    posting.posting_id,
    posting.source_system,
    posting.fiscal_year,
    posting.period_no,
    posting.closed_on,
    posting.posted_on,
    posting.is_balance,
    posting.amount_dkk

from posting

left join settled
    on posting.source_system = settled.source_system
    and posting.fiscal_year = settled.fiscal_year
    and posting.period_no = settled.period_no

left join settled_posting
    on posting.source_system = settled_posting.source_system
    and posting.posting_id = settled_posting.posting_id

where posting.posted_on > posting.closed_on
    or (posting.extract_date > settled.extract_date and settled_posting.posting_id is null)
