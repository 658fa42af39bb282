-- Hvor ventes et merforbrug i år, og hvad ventes det at blive?
select
    fiscal_year,
    frame_id,
    frame_name,
    budget_corrected,
    actual_to_date,
    forecast,
    expected_overrun,
    expected_overrun_pct
from marts.mart_overrun_frame
where fiscal_year = year(as_of)
order by expected_overrun desc;
