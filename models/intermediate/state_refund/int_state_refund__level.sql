-- Fiscal year x level: what the state refunds of a child's cost. A year without levels of its own takes those of the year
-- before; a year before the first ones has none.
with

threshold as (

    select
        fiscal_year as threshold_year,
        level_no,
        above_dkk,
        refund_pct,
        -- each level adds the points that it has above the one below
        refund_pct - lag(refund_pct, 1, 0) over (partition by fiscal_year order by level_no) as added_pct
    from {{ ref('stg_reference__state_refund_threshold') }}

),

fiscal_year as (

    select distinct fiscal_year from {{ ref('int_ledger__period') }}

)

select
    fiscal_year.fiscal_year,
    threshold.threshold_year,
    threshold.level_no,
    threshold.above_dkk,
    threshold.refund_pct,
    cast(threshold.added_pct as decimal(9, 2)) as added_pct

from fiscal_year

inner join threshold
    on fiscal_year.fiscal_year >= threshold.threshold_year

qualify rank() over (partition by fiscal_year.fiscal_year order by threshold.threshold_year desc) = 1
