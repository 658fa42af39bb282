-- The stretch of payment dates for which each delivery of the case system is the truth. A report reaches back to
-- 1 January two years before its own year; what lies before the newest one's window is told by the last that had it.
with

delivery as (

    select distinct
        source_system,
        extract_date,
        make_date(year(extract_date) - 2, 1, 1) as window_from
    from {{ ref('stg_control__delivery_file') }}
    where entity = 'course_payment'

)

select
    source_system,
    extract_date,
    window_from,
    case
        when row_number() over (partition by source_system order by extract_date) = 1 then date '1900-01-01'
        else window_from
    end as true_from,
    coalesce(lead(window_from) over (partition by source_system order by extract_date), date '9999-12-31') as true_before,
    extract_date = max(extract_date) over (partition by source_system) as is_newest
from delivery
