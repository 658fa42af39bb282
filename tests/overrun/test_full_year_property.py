"""What courses cost next year in full against a count by hand, payment by payment, on random courses.

The model's SQL is rendered without dbt and run in memory. The count by hand lists every payment date to the end of
next year, which the model must not. All data here are synthetic.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import count, takewhile

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rendered import select

STEP_DAYS = {"DAILY": 1, "WEEKLY": 7, "BIWEEKLY": 14}

TABLES = {
    "stg_control__run": "as_of date",
    "int_gap__implausible_payment": "course_payment_id varchar, course_id varchar",
    "int_gap__price_hold": "course_id varchar, is_confirmed boolean",
    "int_overrun__line": (
        "course_id varchar, account_id varchar, month date, committed_next_year decimal(18, 2)"
    ),
    "dim_course": "course_id varchar, is_open_ended boolean",
    "fct_course_payment": (
        "course_id varchar, course_payment_id varchar, account_id varchar, planned_on date, "
        "granted_dkk decimal(18, 2), payment_frequency varchar, is_current boolean, is_fictive boolean"
    ),
}


@dataclass(frozen=True)
class Course:
    """A random course: where it starts and ends, how often and how much is paid, how far its plan reaches."""

    frequency: str
    start_on: date
    end_on: date | None
    price: Decimal
    new_price: Decimal
    new_price_from: date
    planned_to: date

    def dates(self, last: date) -> list[date]:
        """Its payment dates up to a day, whatever the plan's horizon."""
        until = min(last, self.end_on or last)
        if self.frequency == "MONTHLY":
            return list(
                takewhile(lambda day: day <= until, (months_later(self.start_on, k) for k in count()))
            )
        step = STEP_DAYS[self.frequency]
        return [
            self.start_on + timedelta(days=offset)
            for offset in range(0, (until - self.start_on).days + 1, step)
        ]

    def plan(self, horizon: date) -> list[tuple[date, Decimal]]:
        """The payments that the case system holds; it plans only what is open-ended to the horizon."""
        dates = self.dates(horizon if self.end_on is None else self.end_on)
        return [(day, self.new_price if day >= self.new_price_from else self.price) for day in dates]


def months_later(day: date, months: int) -> date:
    """The same day so many months later, or that month's last."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


MONEY = st.decimals(min_value=-5000, max_value=150000, places=2)
AS_OF = st.dates(date(2019, 1, 1), date(2028, 12, 31))


@st.composite
def courses(draw: st.DrawFn) -> tuple[date, list[Course]]:
    """An as-of date and courses whose plans reach somewhere from half a year before it to the end of next year."""
    as_of = draw(AS_OF)
    year_end = date(as_of.year + 1, 12, 31)
    day = st.dates(as_of - timedelta(days=400), year_end)
    course = st.builds(
        Course,
        frequency=st.sampled_from(["MONTHLY", "WEEKLY", "BIWEEKLY", "DAILY"]),
        start_on=day,
        end_on=st.none() | day | st.dates(as_of, date(as_of.year + 3, 2, 28)),
        price=MONEY,
        new_price=MONEY,
        new_price_from=day,
        planned_to=st.sampled_from([date(as_of.year, 12, 31), year_end])
        | st.dates(as_of - timedelta(days=180), year_end),
    )
    return as_of, draw(st.lists(course, max_size=6))


@pytest.fixture(scope="module")
def statement() -> str:
    """The model as a `create table`."""
    return f"create or replace table int_overrun__full_year as {select('int_overrun__full_year')}"


@pytest.fixture(scope="module")
def database() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(config={"threads": 1})


def full_year(
    database: duckdb.DuckDBPyConnection, statement: str, as_of: date, plans: list[tuple[Course, date]]
) -> dict[str, dict[date, Decimal]]:
    """Course (its place in the list) → month → full-year effect, by the model."""
    rows: dict[str, list[tuple[object, ...]]] = {name: [] for name in TABLES}
    rows["stg_control__run"] = [(as_of,)]
    for number, (course, horizon) in enumerate(plans):
        rows["dim_course"].append((str(number), course.end_on is None))
        for day, price in course.plan(horizon):
            payment_id = f"{number}/{day}"
            payment = (str(number), payment_id, "A", day, price, course.frequency, True, False)
            rows["fct_course_payment"].append(payment)
            if day.year == as_of.year + 1:
                rows["int_overrun__line"].append((str(number), "A", day.replace(day=1), price))
    for table, columns in TABLES.items():
        database.execute(f"create or replace table {table} ({columns})")
        if rows[table]:
            values = ", ".join("(" + ", ".join(literal(value) for value in row) + ")" for row in rows[table])
            database.execute(f"insert into {table} values {values}")
    database.execute(statement)
    found: dict[str, dict[date, Decimal]] = {str(number): {} for number in range(len(plans))}
    cursor = database.execute("select course_id, month, full_year_effect from int_overrun__full_year")
    for course_id, month, effect in cursor.fetchall():
        assert month not in found[course_id]
        found[course_id][month] = effect
    return found


def literal(value: object) -> str:
    return str(value) if isinstance(value, bool | Decimal) else f"'{value}'"


def by_hand(course: Course, horizon: date, as_of: date) -> dict[date, Decimal]:
    """Month of next year → money: the plan, and behind it every further date at the last planned price."""
    payments = course.plan(horizon)
    if course.end_on is None and payments:
        last, price = payments[-1]
        later = [day for day in course.dates(date(as_of.year + 1, 12, 31)) if day > last]
        next_on = (
            months_later(last, 1)
            if course.frequency == "MONTHLY"
            else last + timedelta(STEP_DAYS[course.frequency])
        )
        # a plan that ended before the as-of date is no running course
        payments += [(day, price) for day in later if next_on > as_of]
    expected: dict[date, Decimal] = {}
    for day, price in payments:
        if day.year == as_of.year + 1:
            month = day.replace(day=1)
            expected[month] = expected.get(month, Decimal(0)) + price
    return expected


@settings(max_examples=80, deadline=None)
@given(courses())
def test_the_model_equals_the_count_by_hand(
    database: duckdb.DuckDBPyConnection, statement: str, population: tuple[date, list[Course]]
) -> None:
    as_of, drawn = population
    plans = [(course, course.planned_to) for course in drawn]
    found = full_year(database, statement, as_of, plans)
    assert found == {
        str(number): by_hand(course, horizon, as_of) for number, (course, horizon) in enumerate(plans)
    }


@settings(max_examples=40, deadline=None)
@given(courses())
def test_renewing_a_plan_changes_nothing(
    database: duckdb.DuckDBPyConnection, statement: str, population: tuple[date, list[Course]]
) -> None:
    """A plan to the end of this year says the same as one to the end of next year, at one price."""
    as_of, drawn = population
    this_year, next_year = date(as_of.year, 12, 31), date(as_of.year + 1, 12, 31)
    running = [course for course in drawn if course.start_on <= as_of and course.new_price_from <= as_of]
    short, long = (
        full_year(database, statement, as_of, [(course, horizon) for course in running])
        for horizon in (this_year, next_year)
    )
    assert short == long


@pytest.mark.parametrize(
    ("as_of", "frequency", "payments"),
    [
        (date(2023, 6, 30), "DAILY", 366),
        (date(2022, 6, 30), "DAILY", 365),
        (date(2023, 6, 30), "MONTHLY", 12),
        # Sundays from 1 January 2023: 53 of them
        (date(2022, 6, 30), "WEEKLY", 53),
        (date(2023, 6, 30), "WEEKLY", 52),
    ],
)
def test_a_year_has_its_own_number_of_payments(
    database: duckdb.DuckDBPyConnection, statement: str, as_of: date, frequency: str, payments: int
) -> None:
    course = Course(frequency, date(2021, 1, 31), None, Decimal(100), Decimal(100), as_of, as_of)
    found = full_year(database, statement, as_of, [(course, date(as_of.year, 12, 31))])
    assert sum(found["0"].values()) == 100 * payments
