-- An adjustment that should have begun long ago and was never granted.
select
    a.appropriation_no, 'e' || a.appropriation_no as activity_key, workday(adjust_on - 25) as planted_on,
    'EXPECTED adjustment starting ' || adjust_on || ' never granted; modifies ' || a.activity_key as detail,
    1 as priority
from activity as a, lateral (
    select month_start(last_delivery() - draw_between('stale', a.activity_key, 75, 230)) as adjust_on
)
where a.is_main and a.modifies_key is null and a.frequency in ('MONTHLY', 'BIWEEKLY')
    and a.activity_key not in (select modifies_key from activity where modifies_key is not null)
    and a.start_on < adjust_on - 45 and a.granted_on < adjust_on - 30
    and coalesce(a.end_new, a.end_first, no_end()) > adjust_on + 60
    and (a.end_first is null or a.end_first > adjust_on + 60);

insert into activity by name
select
    a.* replace (
        pick.activity_key as activity_key, a.activity_key as modifies_key,
        if(a.cost_type = 'FIXED', 25 * round(a.price * 1.15 / 25), a.price)::decimal(18, 2) as price,
        if(a.cost_type = 'FIXED', a.units, round(a.units * 1.15))::decimal(18, 2) as units,
        pick.planted_on as registered_on, NULL as granted_on,
        regexp_extract(pick.detail, '\d{4}-\d\d-\d\d')::date as start_on
    )
from pick inner join activity as a
    on a.appropriation_no = pick.appropriation_no and a.is_main and a.modifies_key is null;
