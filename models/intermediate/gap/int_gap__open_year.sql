-- The fiscal years in which a posting can still be moved: those whose December is not closed at the as-of date.
select distinct fiscal_year
from {{ ref('int_ledger__period') }}
where period_no = 12
    and not is_closed
