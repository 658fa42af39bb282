-- The fiscal years in which a posting can still be moved: those whose December, or supplement period, is not closed at the
-- as-of date.
select distinct fiscal_year
from {{ ref('int_ledger__period') }}
where is_year_end
    and not is_closed
