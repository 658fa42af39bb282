-- The deliveries of the case system that are compared: the newest up to the as-of date, the newest up to the previous
-- month end, and the last of the year before. NULL where there is none, so that nothing counts as changed. A source
-- that delivered nothing since the month end is compared with itself. Grain: source.
select
    delivery_window.source_system,
    max(delivery_window.extract_date) as newest_on,
    max(delivery_window.window_from) as window_from,
    max(delivery_window.extract_date) filter (
        where delivery_window.extract_date <= run.previous_as_of
    ) as previous_on,
    max(delivery_window.extract_date) filter (
        where year(delivery_window.extract_date) < year(run.as_of)
    ) as year_end_on

from {{ ref('int_bos__delivery_window') }} as delivery_window

cross join {{ ref('stg_control__run') }} as run

group by delivery_window.source_system
