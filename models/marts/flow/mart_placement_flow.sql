-- Placed children month by month, per type of place and age band: who was there, who came and from where, who left and
-- whereto. The stock is that of a month's last day, so that a child who moves at the turn of a month is in both.
{%- set first_on = "date '" ~ var('calendar_first_on', '2015-01-01') ~ "'" %}
with

placement_band as (

    select
        *,
        -- the first day on which the child is no longer there: its exit
        end_on + 1 as left_on
    from {{ ref('int_flow__placement_band') }}

),

band_month as (

    select
        *,
        {{ months_between('greatest(start_on, ' ~ first_on ~ ')', 'least(left_on, ' ~ as_of() ~ ')') }} as month
    from placement_band
    where left_on >= {{ first_on }}
        and start_on <= {{ as_of() }}

),

counted as (

    select
        month,
        placement_type,
        age_band,
        count(distinct child_key) filter (where end_on >= month) as children,
        coalesce(sum(least(end_on, last_day(month)) - greatest(start_on, month) + 1) filter (where end_on >= month), 0) as child_days,
        count(*) filter (where start_on < month) as children_at_start,
        count(*) filter (where start_on >= month and not is_shifted_in) as entries,
        {%- for kind in ['first', 'again', 'other_type', 'break'] %}
        count(*) filter (where start_on >= month and entry_kind = '{{ kind }}') as entries_{{ kind }},
        {%- endfor %}
        count(*) filter (where left_on <= last_day(month) and not is_shifted_out) as exits,
        {%- for kind in ['home', 'adult', 'other_type', 'break', 'undecided'] %}
        count(*) filter (where left_on <= last_day(month) and exit_kind = '{{ kind }}') as exits_{{ kind }},
        {%- endfor %}
        count(*) filter (where start_on >= month and is_shifted_in) as age_shifts_in,
        count(*) filter (where left_on <= last_day(month) and is_shifted_out) as age_shifts_out,
        count(*) filter (where left_on > last_day(month)) as children_at_end
    from band_month
    where last_day(month) <= {{ as_of() }}
    group by month, placement_type, age_band

)

select
    month,
    placement_type,
    age_band,
    coalesce(month >= {{ covered_from() }}, false) as is_covered,
    children_at_start,
    entries,
    entries_first,
    entries_again,
    entries_other_type,
    entries_break,
    exits,
    exits_home,
    exits_adult,
    exits_other_type,
    exits_break,
    exits_undecided,
    age_shifts_in,
    age_shifts_out,
    children_at_end,
    children,
    cast(child_days as bigint) as child_days,
    {{ divide('child_days', 'day(last_day(month))', 4) }} as average_number,
    {{ divide('child_days', 'dayofyear(make_date(year(month), 12, 31))', 6) }} as full_year_persons
from counted
