"""Causes planted in two synthetic deliveries of the case system: each of some courses changes in one way, once.

The courses are such as nothing else happened to between the two dates, and whose price no rule holds.
"""

from datetime import date
from pathlib import Path

import duckdb

from orchestration.synth.writers import BOS, write_csv

BEFORE, NOW = date(2022, 5, 31), date(2022, 6, 30)
CAUSES = {
    # first, for it needs a course that has units
    "more units": "service_level",
    "dearer": "price",
    "ended earlier": "ended_or_shortened",
    "deleted": "ended_or_shortened",
    "ends later": "prolonged",
    "registered late": "late_registration",
    "new": "new_courses",
    "granted": "expected_became_granted",
    "adjustment granted": "expected_became_granted",
    "implausible price": "corrections_of_errors",
}
"""What is planted, and the part of the bridge that it belongs in."""

_PAYMENTS = """
    create table payments as
    select
        * exclude (filename) replace (
            cast(amount as decimal(18, 2)) as amount,
            cast(payment_schedule__payment_amount as decimal(18, 2)) as payment_schedule__payment_amount,
            cast(price_per_unit as decimal(18, 2)) as price_per_unit,
            cast(units as decimal(18, 2)) as units
        ),
        cast(regexp_extract(filename, 'bos/([^/]+)/', 1) as date) as delivered_on,
        regexp_extract(filename, 'granted|expected') as report
    from read_csv($files, all_varchar = true, filename = true)
"""

# one activity, monthly to the year's end, of which both deliveries say the same
_PLANTED = """
    create table planted as
    with course as (
        select
            payment_schedule__payment_id as course_id,
            any_value(payment_cost_type) as cost_type,
            min((activity_start_date, coalesce(activity_end_date, ''))) as period,
            list((date, amount, units) order by date) filter (date > '2022-06-30') as plan
        from payments
        where report = 'granted'
        group by delivered_on, course_id
        having count(distinct (activity_start_date, coalesce(activity_end_date, ''))) = 1
            and bool_and(payment_schedule__payment_frequency = 'MONTHLY' and fictive = 'False')
            and min(amount) > 0
            and max(date) >= '2022-12-01'
    )
    select
        course_id,
        list_extract(
            $causes,
            row_number() over (order by any_value(cost_type) = 'PER_UNIT' desc, cast(course_id as int))
        ) as cause
    from course
    group by course_id
    having count(*) = 2 and count(distinct (period, plan)) = 1
    qualify cause is not null
"""

_REWRITTEN = """
    with row as (
        select
            payments.*,
            planted.cause,
            payments.date > '2022-06-30' as is_to_come,
            payments.delivered_on = date '2022-06-30' as is_now,
            case
                when cause = 'ended earlier' and is_now or cause = 'ends later' and not is_now then '2022-08-31'
                when cause = 'registered late' then '2022-05-31'
                else '9999-12-31'
            end as last_on,
            case
                when not is_to_come then 1.0
                when cause = 'more units' and is_now then 2.0
                when cause = 'dearer' and is_now then 1.1
                when cause = 'granted' and is_now then 1.5
                when cause = 'adjustment granted' then if(is_now, 1.5, if(report = 'expected', 1.2, 1.0))
                when cause = 'implausible price' and is_now then 100.0
                else 1.0
            end as factor,
            cause = 'granted' or cause = 'adjustment granted' and report = 'expected' and is_to_come as was_expected
        from payments
        left join planted
            on payments.payment_schedule__payment_id = planted.course_id
    )
    select * exclude (cause, is_to_come, is_now, last_on, factor, was_expected, delivered_on, report) replace (
        cast(amount * factor as decimal(18, 2)) as amount,
        cast(payment_schedule__payment_amount * factor as decimal(18, 2)) as payment_schedule__payment_amount,
        cast(price_per_unit * if(cause = 'more units', 1, factor) as decimal(18, 2)) as price_per_unit,
        cast(units * if(cause = 'more units', factor, 1) as decimal(18, 2)) as units,
        if(was_expected and not is_now, 'EXPECTED', activity_status) as activity_status,
        if(cause = 'adjustment granted' and was_expected and not is_now, '90001', payment_schedule__payment_id)
            as payment_schedule__payment_id,
        case
            when cause = 'new' or was_expected then '2022-07-01'
            else activity_start_date
        end as activity_start_date,
        if(last_on < '9999', last_on, activity_end_date) as activity_end_date,
        case
            when was_expected and not is_now then null
            when cause in ('new', 'registered late', 'granted') or was_expected then '2022-06-15'
            else appropriation_date
        end as appropriation_date
    )
    from row
    where delivered_on = $on and report = $report
        and (
            cause is null
            or date <= last_on
            and (is_to_come or cause not in ('new', 'granted'))
            and (is_now or cause not in ('new', 'registered late'))
            and not (is_now and cause = 'deleted')
            and not (cause = 'granted' and report = 'granted' and not is_now)
        )
    order by date, id
"""


def plant(landing: Path) -> dict[str, str]:
    """Rewrites the deliveries of BEFORE and NOW; the course of each cause."""
    with duckdb.connect() as connection:
        connection.execute(_PAYMENTS, {"files": str(landing / "bos" / "*" / "*_payments_3.csv")})
        connection.execute(_PLANTED, {"causes": list(CAUSES)})
        for on in (BEFORE, NOW):
            for report in ("granted", "expected"):
                connection.execute(
                    f"create or replace temp table rewritten as {_REWRITTEN}", {"on": on, "report": report}
                )
                file = landing / "bos" / str(on) / f"{report}_payments_3.csv"
                write_csv(connection, "rewritten", file, BOS, on)
        return dict(connection.execute("select cause, course_id from planted").fetchall())
