"""The models behind unit prices against a count by hand, day by day, on random small populations.

The count by hand walks through every single day, which the models must not, and divides with fractions. All data
here are synthetic.
"""

from __future__ import annotations

import calendar
import random
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

import duckdb
import pytest

from tests.rendered import select

MODELS = [
    "int_bos__course_interval",
    "int_unit_price__course",
    "int_unit_price__interval_month",
    "int_unit_price__child_interval",
    "int_unit_price__occupant_interval",
    "int_unit_price__measure_interval",
    "fct_course_month",
    "mart_occupancy",
    "mart_unit_price",
    "mart_measure_month",
]
ROW_KEY = ("month", "section_id", "activity_no", "provider_id", "target_group", "is_unattached")
SEEDS = range(32)
COVERED_FROM = date(2021, 1, 1)
CAPACITY_FROM, PLACES = date(2023, 1, 15), 2

TABLES = {
    "stg_control__run": "as_of date",
    "int_bos__delivery_window": "source_system varchar, extract_date date",
    "int_bos__activity": "course_id varchar, start_on date, end_on date",
    "int_bos__course": (
        "course_id varchar, appropriation_id varchar, course_type varchar, status varchar, "
        "is_current boolean, is_fictive boolean, section_id varchar, activity_no varchar, "
        "main_activity_no varchar, provider_id varchar, target_group varchar, recipient_type varchar, "
        "child_key varchar, child_birth_key varchar, is_open_ended boolean"
    ),
    "fct_course_payment": (
        "course_id varchar, planned_on date, payment_frequency varchar, is_current boolean, "
        "status varchar, is_fictive boolean, granted_dkk decimal(18, 2), expected_dkk decimal(18, 2), "
        "paid_dkk decimal(18, 2), allocated_dkk decimal(18, 2), units decimal(18, 4)"
    ),
    "int_unit_price__income": (
        "course_id varchar, month date, inter_municipal_dkk decimal(18, 2), refund_dkk decimal(18, 2), "
        "parents_dkk decimal(18, 2)"
    ),
    "int_unit_price__on_hold": "course_id varchar, month date, on_hold_dkk decimal(18, 2)",
    "stg_reference__provider_capacity": (
        "provider_id varchar, valid_from date, valid_to date, capacity_places decimal(9, 2)"
    ),
}


CourseMonths = dict[tuple[str, date], dict[str, Any]]


@dataclass
class Course:
    """A random course: its row of int_bos__course, its activities (start, end) and its payments."""

    row: dict[str, Any]
    activities: list[tuple[date | None, date | None]]
    payments: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class Sums:
    """What the count by hand finds for one row of mart_unit_price; money in DKK, follow-up cost unrounded."""

    active: set[str] = field(default_factory=set)
    new: set[str] = field(default_factory=set)
    ended: list[int] = field(default_factory=list)
    course_days: int = 0
    child_days: set[tuple[str, date]] = field(default_factory=set)
    units: Decimal = Decimal(0)
    main: Decimal = Decimal(0)
    internal: Decimal = Decimal(0)
    by_unit: Decimal = Decimal(0)
    paid: Fraction = Fraction(0)
    posted: Fraction = Fraction(0)
    contribution: Fraction = Fraction(0)
    on_hold: Fraction = Fraction(0)
    days_on_hold: int = 0
    first: set[str] = field(default_factory=set)
    suppl: Fraction = Fraction(0)


def random_population(dice: random.Random) -> tuple[date, list[Course]]:
    """An as-of date and up to 19 courses with every oddity that the models promise to bear."""
    as_of = dice.choice([date(2024, 2, 29), date(2023, 12, 31), date(2024, 3, 15), date(2023, 2, 28)])

    def some_day() -> date:
        return date(2022, 12, 1) + timedelta(days=dice.randrange(480))

    def money() -> Decimal:
        return Decimal(dice.choice([0, 1, -1, dice.randrange(-9999, 10**7)])) / 100

    # few keys and appropriations, so that courses meet in a row and share follow-up cost
    keys = [[dice.choice([value, None]) for value in ("S1", "P1", "T1")] for _ in range(2)]
    courses = []
    for number in range(dice.randrange(20)):
        section_id, provider_id, target_group = dice.choice(keys)
        activities: list[tuple[date | None, date | None]] = []
        for _ in range(dice.randrange(4)):
            # often on or just after the last day of the one before, as adjustments are
            previous = activities[-1][1] if activities else None
            start = dice.choice([some_day(), (previous or some_day()) + timedelta(days=dice.randrange(2))])
            end = start + timedelta(days=dice.choice([0, -1, 40, dice.randrange(200)]))
            activities.append(dice.choice([*[(start, end)] * 3, (start, None), (None, None)]))
        row = {
            "course_id": f"c{number}",
            "appropriation_id": dice.choice(["a", "a", "b", None]),
            "course_type": dice.choice(["MAIN", "MAIN", "MAIN", "SUPPL", None]),
            "status": dice.choice(["GRANTED", "GRANTED", "GRANTED", "EXPECTED"]),
            "is_current": dice.random() > 0.1,
            "is_fictive": dice.choice([False, False, False, None, True]),
            "section_id": section_id,
            "activity_no": "1",
            "main_activity_no": dice.choice(["1", "2", None]),
            "provider_id": provider_id,
            "target_group": target_group,
            "recipient_type": dice.choice(["INTERNAL", "COMPANY", None]),
            "child_key": dice.choice(["k1", "k2", None]),
            "child_birth_key": None,
            "is_open_ended": any(start and not end for start, end in activities),
        }
        course = Course(row, activities)
        frequency = dice.choice(["MONTHLY", "WEEKLY", "BIWEEKLY", "DAILY", None])
        for planned_on in sorted({some_day() for _ in range(dice.randrange(8))}):
            is_granted = row["status"] == "GRANTED" and row["is_current"] and dice.random() > 0.1
            course.payments.append(
                {
                    "course_id": row["course_id"],
                    "planned_on": planned_on,
                    "payment_frequency": frequency,
                    "is_current": row["is_current"] and (is_granted or row["status"] == "EXPECTED"),
                    "status": row["status"],
                    "is_fictive": row["is_fictive"],
                    "granted_dkk": money() if is_granted else None,
                    "expected_dkk": money() if row["status"] == "EXPECTED" else None,
                    "paid_dkk": dice.choice([None, money()]),
                    "allocated_dkk": money(),
                    "units": dice.choice([None, Decimal(dice.randrange(10**6)) / 10**4]),
                }
            )
        courses.append(course)
    return as_of, courses


def run_models(as_of: date, courses: list[Course], by_hand: CourseMonths) -> duckdb.DuckDBPyConnection:
    """An in-memory database with the population, some prices on hold, and the models' tables."""
    connection = duckdb.connect(config={"threads": 1})
    # on a handful of rows it takes longer to find a good plan than to follow a bad one
    connection.execute("pragma disable_optimizer")
    activities = [(course.row["course_id"], *dates) for course in courses for dates in course.activities]
    rows: dict[str, list[tuple[Any, ...]]] = {
        "stg_control__run": [(as_of,)],
        "int_bos__delivery_window": [("bos", date(COVERED_FROM.year + 2, 1, 31)), ("bos", as_of)],
        "int_bos__activity": activities,
        "int_bos__course": [tuple(course.row.values()) for course in courses],
        "stg_reference__provider_capacity": [("P1", CAPACITY_FROM, None, PLACES)],
        "fct_course_payment": [tuple(payment.values()) for course in courses for payment in course.payments],
        "int_unit_price__on_hold": [
            (*key, figures["planned_dkk"]) for key, figures in by_hand.items() if is_on_hold(key[0])
        ],
    }
    for table, columns in TABLES.items():
        connection.execute(f"create table {table} ({columns})")
        if rows.get(table):
            marks = ", ".join("?" for _ in rows[table][0])
            connection.executemany(f"insert into {table} values ({marks})", rows[table])
    for model in MODELS:
        connection.execute(f"create table {model} as {select(model)}")
    return connection


def records(connection: duckdb.DuckDBPyConnection, table: str) -> list[dict[str, Any]]:
    cursor = connection.execute(f"select * from {table}")
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def days_between(first: date, last: date) -> list[date]:
    return [first + timedelta(days=offset) for offset in range((last - first).days + 1)]


def days_of(course: Course, as_of: date) -> set[date]:
    return {day for start, end in course.activities if start for day in days_between(start, end or as_of)}


def month_of(day: date) -> date:
    return day.replace(day=1)


def month_end(month: date) -> date:
    return month.replace(day=calendar.monthrange(month.year, month.month)[1])


def split(amount: Decimal, planned_on: date, frequency: str | None, unit: str) -> dict[date, Decimal]:
    """The amount on its service months: the first rounded half away from zero, the last takes the rest."""
    length = {"WEEKLY": 7, "BIWEEKLY": 14}.get(frequency or "", 1)
    days = Counter(month_of(day) for day in days_between(planned_on, planned_on + timedelta(days=length - 1)))
    first, *others = sorted(days)
    if not others:
        return {first: amount}
    share = (amount * days[first] / length).quantize(Decimal(unit), ROUND_HALF_UP)
    return {first: share, others[0]: amount - share}


def is_planned(payment: dict[str, Any]) -> bool:
    return payment["is_current"] and payment["granted_dkk"] is not None and not payment["is_fictive"]


def is_on_hold(course_id: str) -> bool:
    """Some courses' prices are implausible."""
    return course_id.endswith(("3", "7"))


def is_counted(course: Course) -> bool:
    row = course.row
    is_granted = row["status"] == "GRANTED" and row["is_current"]
    return row["course_type"] == "MAIN" and is_granted and not row["is_fictive"]


MONEY = (
    "planned_by_unit_dkk",
    "planned_dkk",
    "planned_income_dkk",
    "expected_planned_dkk",
    "paid_dkk",
    "paid_planned_dkk",
    "posted_dkk",
    "posted_planned_dkk",
)


def money_of(payment: dict[str, Any]) -> tuple[Decimal | None, ...]:
    """The payment's amounts in the order of MONEY; None where it does not count."""
    planned = payment["granted_dkk"] if is_planned(payment) else None
    is_real = payment["is_current"] and not payment["is_fictive"]
    return (
        planned if payment["units"] is not None else None,
        planned,
        planned if planned is not None and planned < 0 else None,
        payment["expected_dkk"] if is_real and payment["status"] == "EXPECTED" else None,
        payment["paid_dkk"],
        payment["paid_dkk"] if planned is not None else None,
        payment["allocated_dkk"],
        payment["allocated_dkk"] if planned is not None else None,
    )


def course_months_by_hand(as_of: date, courses: list[Course]) -> CourseMonths:
    """fct_course_month, counted day by day: (course, month) to its figures; units None where none."""
    expected: CourseMonths = defaultdict(
        lambda: {"course_days": 0, "units": None} | dict.fromkeys(MONEY, Decimal(0))
    )
    for course in courses:
        course_id = course.row["course_id"]
        for day in days_of(course, as_of):
            expected[course_id, month_of(day)]["course_days"] += 1
        for payment in course.payments:
            when = payment["planned_on"], payment["payment_frequency"]
            for name, amount in zip(MONEY, money_of(payment), strict=True):
                for month, part in split(amount or Decimal(0), *when, unit="0.01").items():
                    expected[course_id, month][name] += part
            if is_planned(payment) and payment["units"] is not None:
                for month, part in split(payment["units"], *when, unit="0.0001").items():
                    row = expected[course_id, month]
                    row["units"] = (row["units"] or Decimal(0)) + part
    return expected


def row_key(course: Course, month: date, is_unattached: bool) -> tuple[Any, ...]:
    """The values of ROW_KEY."""
    row = course.row
    activity_no = row["activity_no"] if row["course_type"] == "MAIN" else row["main_activity_no"]
    values = (row["section_id"], activity_no, row["provider_id"], row["target_group"])
    return (month, *(value or "Ukendt" for value in values), is_unattached)


def shares_of(course: Course, month: date, courses: list[Course], days: dict[str, set[date]]) -> Counter[Any]:
    """Whose rows carry the follow-up cost of a course: row key to share."""
    shares: Counter[Any] = Counter()
    for other in courses:
        if is_counted(other) and other.row["appropriation_id"] == course.row["appropriation_id"] is not None:
            shares[row_key(other, month, False)] += sum(
                month_of(day) == month for day in days[other.row["course_id"]]
            )
    carried = {key: Fraction(count, shares.total()) for key, count in shares.items() if count}
    return Counter(carried or {row_key(course, month, True): Fraction(1)})


def unit_prices_by_hand(
    as_of: date, courses: list[Course], course_months: CourseMonths
) -> dict[tuple[Any, ...], Sums]:
    """mart_unit_price's counts and sums by row key, follow-up cost as exact fractions."""
    by_id = {course.row["course_id"]: course for course in courses}
    days = {course_id: days_of(course, as_of) for course_id, course in by_id.items()}
    rows: dict[tuple[Any, ...], Sums] = defaultdict(Sums)

    for (course_id, month), figures in course_months.items():
        course = by_id[course_id]
        here = {day for day in days[course_id] if is_counted(course) and month_of(day) == month}
        has_money = any(
            figures[name]
            for name in ("planned_dkk", "planned_income_dkk", "paid_planned_dkk", "posted_planned_dkk")
        )
        if month_end(month) > as_of or not (here or has_money):
            continue
        if course.row["course_type"] == "MAIN":
            add_main(rows[row_key(course, month, False)], course, figures, here, days[course_id])
        else:
            for key, share in shares_of(course, month, courses, days).items():
                rows[key].suppl += share * Fraction(figures["planned_dkk"])
                rows[key].paid += share * Fraction(figures["paid_planned_dkk"])
                rows[key].posted += share * Fraction(figures["posted_planned_dkk"])
                rows[key].contribution += share * Fraction(figures["planned_income_dkk"])
                if is_on_hold(course_id):
                    rows[key].on_hold += share * Fraction(figures["planned_dkk"])
    return rows


def add_main(
    sums: Sums, course: Course, figures: dict[str, Any], here: set[date], everywhere: set[date]
) -> None:
    """Adds a main course's month (its days here, of all its days) to its row."""
    sums.units += figures["units"] or 0
    sums.main += figures["planned_dkk"]
    sums.internal += figures["planned_dkk"] if course.row["recipient_type"] == "INTERNAL" else 0
    sums.by_unit += figures["planned_by_unit_dkk"]
    sums.paid += Fraction(figures["paid_planned_dkk"])
    sums.posted += Fraction(figures["posted_planned_dkk"])
    sums.contribution += Fraction(figures["planned_income_dkk"])
    if is_on_hold(course.row["course_id"]):
        sums.on_hold += Fraction(figures["planned_dkk"])
        sums.days_on_hold += len(here) if figures["planned_dkk"] else 0
    if here:
        sums.active.add(course.row["course_id"])
        if min(day for day in everywhere if day.year == min(here).year) in here:
            sums.first.add(course.row["course_id"])
        sums.course_days += len(here)
        sums.child_days |= {(course.row["child_key"] or course.row["course_id"], day) for day in here}
        if min(everywhere) in here:
            sums.new.add(course.row["course_id"])
        if max(everywhere) in here and not course.row["is_open_ended"]:
            sums.ended.append(len(everywhere))


def assert_number_times_service_level_times_price(row: dict[str, Any]) -> None:
    """The cost to the øre; what cannot be attributed to days or units has no price."""
    number = row["active_courses"]
    if number:
        cost = number * row["days_per_course"] * row["unit_price_day"]
        assert rounded(cost) == row["cost_total_dkk"]
    else:
        assert row["days_per_course"] is row["unit_price_day"] is None
    if number and row["units"]:
        assert rounded(number * row["units_per_course"] * row["price_per_unit"]) == row["cost_by_unit_dkk"]


def rounded(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)


def days_by(
    courses: list[Course], as_of: date, key: Callable[[dict[str, Any]], Any]
) -> dict[Any, dict[str, set[date]]]:
    """Days of counted courses by a key and child; one that goes on has the day after the as-of date too."""
    found: dict[Any, dict[str, set[date]]] = defaultdict(lambda: defaultdict(set))
    for course in filter(is_counted, courses):
        days = days_of(course, as_of)
        if course.row["is_open_ended"] and as_of in days:
            days.add(as_of + timedelta(days=1))
        found[key(course.row)][course.row["child_key"] or course.row["course_id"]] |= days
    return found


def months_of(children: dict[str, set[date]], as_of: date) -> list[date]:
    months = {month_of(day) for days in children.values() for day in days}
    return sorted(month for month in months if month_end(month) <= as_of)


def is_quotient(value: Decimal | None, top: Decimal | int, bottom: Decimal | int, places: int) -> bool:
    """Whether the value is the quotient, rounded to the places; None for nothing to divide by."""
    if not bottom or value is None:
        return not bottom and value is None
    error = abs(Fraction(value) - Fraction(top) / Fraction(bottom))
    return error <= Fraction(501, 1000) / 10**places


@pytest.mark.parametrize("seed", SEEDS)
def test_models_equal_the_count_by_hand(seed: int) -> None:
    as_of, courses = random_population(random.Random(seed))
    by_hand = course_months_by_hand(as_of, courses)
    connection = run_models(as_of, courses, by_hand)

    course_months = records(connection, "fct_course_month")
    assert {(row.pop("course_id"), row.pop("month")): row for row in course_months} == by_hand

    sums_by_hand = unit_prices_by_hand(as_of, courses, by_hand)
    prices = {tuple(row[name] for name in ROW_KEY): row for row in records(connection, "mart_unit_price")}
    assert prices.keys() == sums_by_hand.keys()

    for key, sums in sums_by_hand.items():
        row = prices[key]
        days_in_year = 366 if calendar.isleap(row["month"].year) else 365
        assert row["active_courses"] == len(sums.active)
        assert row["new_courses"] == len(sums.new)
        assert row["ended_courses"] == len(sums.ended)
        assert row["course_days"] == sums.course_days
        assert row["child_days"] == len(sums.child_days)
        assert (row["units"] or 0) == sums.units
        assert row["cost_main_dkk"] == sums.main
        assert row["cost_internal_dkk"] == sums.internal
        assert row["cost_by_unit_dkk"] == sums.by_unit
        assert row["cost_total_dkk"] == row["cost_main_dkk"] + row["cost_suppl_dkk"]
        # every main course of the row may be an øre off its exact share
        slack = Fraction(max(len(sums.active), 1), 100)
        assert abs(Fraction(row["cost_suppl_dkk"]) - sums.suppl) < slack
        assert abs(Fraction(row["cost_paid_dkk"]) - sums.paid) < slack
        assert abs(Fraction(row["cost_posted_dkk"]) - sums.posted) < slack
        assert abs(Fraction(row["cost_contribution_dkk"]) - sums.contribution) < slack
        assert abs(Fraction(row["cost_on_hold_dkk"]) - sums.on_hold) < slack
        assert row["course_days_on_hold"] == sums.days_on_hold
        left = row["cost_total_dkk"] - row["cost_on_hold_dkk"], sums.course_days - sums.days_on_hold
        assert is_quotient(row["unit_price_day_without_hold"], *left, 8)
        assert row["first_in_year_courses"] == len(sums.first)
        assert_number_times_service_level_times_price(row)
        assert is_quotient(row["full_year_equivalents"], sums.course_days, days_in_year, 6)
        assert is_quotient(row["unit_price_day"], row["cost_total_dkk"], sums.course_days, 8)
        assert is_quotient(row["unit_price_day_posted"], row["cost_posted_dkk"], sums.course_days, 8)
        assert is_quotient(row["unit_price_year"], row["cost_total_dkk"] * days_in_year, sums.course_days, 2)
        assert is_quotient(row["price_per_unit"], sums.by_unit, sums.units, 8)
        assert is_quotient(row["avg_duration_days"], sum(sums.ended), len(sums.ended), 2)
        if row["units"] is not None:
            assert is_quotient(row["units_per_course"], sums.units, len(sums.active), 10)

    # all of a month's cost is in the month's rows, to the øre
    for total, part in (("cost_total_dkk", "planned_dkk"), ("cost_posted_dkk", "posted_planned_dkk")):
        cost: Counter[date] = Counter()
        for (_, month), figures in by_hand.items():
            cost[month] += figures[part] if month_end(month) <= as_of else 0
        for row in prices.values():
            cost[row["month"]] -= row[total]
        assert not any(cost.values())
    assert_children(connection, as_of, courses)
    connection.close()


def assert_children(connection: duckdb.DuckDBPyConnection, as_of: date, courses: list[Course]) -> None:
    """Measures and occupancy, child by child and day by day."""
    one_day = timedelta(days=1)
    measures = {(row["month"], row["activity_no"]): row for row in records(connection, "mart_measure_month")}
    for activity_no, children in days_by(courses, as_of, lambda row: row["activity_no"]).items():
        for month in months_of(children, as_of):
            row = measures.pop((month, activity_no))
            last_day = month_end(month)
            here = [(days, day) for days in children.values() for day in days if month_of(day) == month]
            assert row["children"] == sum(
                any(month_of(day) == month for day in days) for days in children.values()
            )
            assert row["child_days"] == len(here)
            assert row["entries"] == sum(day - one_day not in days for days, day in here)
            assert row["exits"] == sum(day + one_day not in days for days, day in here)
            assert row["children_at_end"] == sum(
                last_day in days and last_day + one_day in days for days in children.values()
            )
            assert is_quotient(row["average_number"], len(here), last_day.day, 4)
    assert not measures

    places = {(row["month"], row["provider_id"]): row for row in records(connection, "mart_occupancy")}
    internal = [course for course in courses if course.row["recipient_type"] == "INTERNAL"]
    for provider_id, children in days_by(internal, as_of, lambda row: row["provider_id"] or "Ukendt").items():
        for month in months_of(children, as_of):
            row = places.pop((month, provider_id))
            child_days = sum(month_of(day) == month for days in children.values() for day in days)
            is_known = provider_id == "P1" and month >= CAPACITY_FROM
            assert row["child_days"] == child_days
            place_days = PLACES * month_end(month).day if is_known else 0
            assert is_quotient(row["occupancy_pct"], child_days * 100, place_days, 2)
    # nobody is there, the places are
    assert {(row["provider_id"], row["child_days"]) for row in places.values()} <= {("P1", 0)}
