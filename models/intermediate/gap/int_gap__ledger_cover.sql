-- The days whose postings the ledger deliveries could have brought: from the first day of the first period delivered
-- to the newest delivery. One row; NULL where no ledger was delivered, so that nothing counts as unpaid.
select
    (
        select min(make_date(fiscal_year, greatest(least(period_no, 12), 1), 1)) from {{ ref('int_ledger__posting') }}
    ) as covered_from,
    (
        select max(extract_date) from {{ ref('stg_control__delivery_file') }} where entity = 'posting'
    ) as covered_until
