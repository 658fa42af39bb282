"""Every row of mart_unit_price and mart_measure_month against the landing files, read with nothing of the product's.

Plain Python walks through every day of every course, as marts.md defines it; only the ledger's side (posted, income)
is left out, since it rests on matching.
"""

from __future__ import annotations

import calendar
import csv
import gzip
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.home import AS_OF, Home

pytestmark = [pytest.mark.shared, pytest.mark.slow]

ONE_DAY = timedelta(days=1)
Payment = dict[str, str]
Key = tuple[Any, ...]


@dataclass
class Figures:
    """What a row has, in the order of FIGURES."""

    active: int = 0
    new: int = 0
    ended: int = 0
    course_days: int = 0
    child_days: set[tuple[str, date]] = field(default_factory=set)
    units: Decimal = Decimal(0)
    main: Decimal = Decimal(0)
    internal: Decimal = Decimal(0)
    by_unit: Decimal = Decimal(0)
    suppl: Decimal = Decimal(0)
    paid: Decimal = Decimal(0)
    contribution: Decimal = Decimal(0)
    ended_days: int = 0

    def as_tuple(self) -> tuple[Any, ...]:
        counts = (self.active, self.new, self.ended, self.course_days, len(self.child_days), self.units)
        money = (self.main, self.internal, self.by_unit, self.suppl, self.paid, self.contribution)
        return (*counts, *money, rounded(Decimal(self.ended_days) / self.ended) if self.ended else None)


FIGURES = """
    active_courses, new_courses, ended_courses, course_days, child_days, coalesce(units, 0), cost_main_dkk,
    cost_internal_dkk, cost_by_unit_dkk, cost_suppl_dkk, cost_paid_dkk, cost_contribution_dkk, avg_duration_days
"""


def rounded(value: Decimal, unit: str = "0.01") -> Decimal:
    return value.quantize(Decimal(unit), ROUND_HALF_UP)


@cache
def month_of(day: date) -> date:
    return day.replace(day=1)


@cache
def month_end(month: date) -> date:
    return month.replace(day=calendar.monthrange(month.year, month.month)[1])


def granted(landing: Path, as_of: date) -> Iterator[Payment]:
    """The granted report: the newest delivery inside its window, before it the last that covered the date."""
    true_before = "9999-12-31"
    deliveries = sorted(folder.name for folder in (landing / "bos").iterdir())
    for on in [name for name in deliveries if name <= as_of.isoformat()][::-1]:
        window_from = f"{int(on[:4]) - 2}-01-01"
        file = landing / "bos" / on / "granted_payments_3.csv.gz"
        if true_before == "9999-12-31" or true_before > window_from:
            with gzip.open(file, "rt", encoding="utf-8", newline="") as handle:
                yield from (
                    row for row in csv.DictReader(handle) if (row["paid_date"] or row["date"]) < true_before
                )
        true_before = min(true_before, window_from)


@dataclass
class Population:
    """The courses of the granted report, and what their payments cost by service month."""

    as_of: date
    course: dict[str, Payment] = field(default_factory=dict)
    intervals: dict[str, set[tuple[date, date | None]]] = field(default_factory=lambda: defaultdict(set))
    money: dict[tuple[str, date], dict[str, Decimal]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(Decimal))
    )

    def add(self, row: Payment) -> None:
        course_id = row["payment_schedule__payment_id"]
        self.course[course_id] = row
        if row["activity_start_date"]:
            end = row["activity_end_date"]
            self.intervals[course_id].add(
                (date.fromisoformat(row["activity_start_date"]), date.fromisoformat(end) if end else None)
            )
        if row["fictive"] != "False":
            return
        amounts = {"planned": row["amount"], "units": row["units"], "paid": row["paid_amount"]}
        if row["units"]:
            amounts["by_unit"] = row["amount"]
        if row["amount"].startswith("-"):
            amounts["contribution"] = row["amount"]
        for name, amount in amounts.items():
            for month, part in service_months(
                row, Decimal(amount or 0), "0.0001" if name == "units" else "0.01"
            ):
                self.money[course_id, month][name] += part

    def days(self, course_id: str) -> set[date]:
        return {
            start + timedelta(days=offset)
            for start, end in self.intervals[course_id]
            for offset in range(((end or self.as_of) - start).days + 1)
        }

    def is_open(self, course_id: str) -> bool:
        return any(end is None for _, end in self.intervals[course_id])


def service_months(row: Payment, amount: Decimal, unit: str) -> list[tuple[date, Decimal]]:
    first = date.fromisoformat(row["date"])
    length = {"WEEKLY": 7, "BIWEEKLY": 14}.get(row["payment_schedule__payment_frequency"], 1)
    last = first + timedelta(days=length - 1)
    if month_of(first) == month_of(last):
        return [(month_of(first), amount)]
    part = rounded(amount * ((month_end(month_of(first)) - first).days + 1) / length, unit)
    return [(month_of(first), part), (month_of(last), amount - part)]


def is_main(row: Payment) -> bool:
    return row["activity_type"] == "MAIN_ACTIVITY"


def row_key(row: Payment, month: date, *, is_unattached: bool = False) -> Key:
    number, name = row["recipient_id"], row["recipient_name"]
    provider = "person" if number else name
    if row["recipient_type"] == "COMPANY" and len(number) == 8:
        provider = number
    elif row["recipient_type"] == "INTERNAL":
        provider = name
    activity = row["activity__details__activity_id"] if is_main(row) else row["main_activity_id"]
    values = (row["section"], activity, provider, row["target_group"])
    return (month, *(value or "Ukendt" for value in values), is_unattached)


def by_hand(population: Population) -> tuple[Counter[Key], dict[tuple[date, str], tuple[int, ...]]]:
    """The rows of mart_unit_price and of mart_measure_month, of the months that are over."""
    as_of = population.as_of
    # provider pseudonyms are not told apart: a person's rows are compared as a set
    rows: dict[Key, dict[str, Figures]] = defaultdict(lambda: defaultdict(Figures))
    active: dict[tuple[str, date], set[str]] = defaultdict(set)
    measures: dict[str, dict[str, set[date]]] = defaultdict(lambda: defaultdict(set))

    def figures(course_id: str, month: date, *, is_unattached: bool = False) -> Figures:
        row = population.course[course_id]
        return rows[row_key(row, month, is_unattached=is_unattached)][row["recipient_id"]]

    for course_id, row in population.course.items():
        if not is_main(row) or row["fictive"] != "False":
            continue
        days = population.days(course_id)
        is_open = population.is_open(course_id)
        measure = measures[row["activity__details__activity_id"]][row["cpr_number"]]
        # one that goes on has the next day
        measure |= days | ({as_of + ONE_DAY} if is_open and as_of in days else set())
        by_month = defaultdict(list)
        for day in days:
            by_month[month_of(day)].append(day)
        for month, of_month in by_month.items():
            if month_end(month) <= as_of:
                here = figures(course_id, month)
                here.active += 1
                here.course_days += len(of_month)
                here.child_days |= {(row["cpr_number"], day) for day in of_month}
                here.new += month_of(min(days)) == month
                if not is_open and month_of(max(days)) == month:
                    here.ended += 1
                    here.ended_days += len(days)
                active[row["sbsys_id"], month].add(course_id)

    for (course_id, month), money in population.money.items():
        row = population.course[course_id]
        if month_end(month) > as_of:
            continue
        carriers = set() if is_main(row) else active[row["sbsys_id"], month]
        if len(carriers) > 1:
            pytest.fail(
                "The shared data have one main course a month; say how the øre are split before adding more"
            )
        here = figures(next(iter(carriers), course_id), month, is_unattached=not (is_main(row) or carriers))
        here.paid += money["paid"]
        here.contribution += money["contribution"]
        if is_main(row):
            here.main += money["planned"]
            here.units += money["units"]
            here.by_unit += money["by_unit"]
            here.internal += money["planned"] if row["recipient_type"] == "INTERNAL" else 0
        else:
            here.suppl += money["planned"]

    found = Counter(
        (*key, *here.as_tuple())
        for key, of_providers in rows.items()
        for here in of_providers.values()
        if here.active or here.main or here.suppl or here.paid
    )
    return found, {
        (month, activity_no): measured(children, month)
        for activity_no, children in measures.items()
        for month in {month_of(day) for days in children.values() for day in days}
        if month_end(month) <= as_of
    }


def measured(children: dict[str, set[date]], month: date) -> tuple[int, ...]:
    """Children, their days, entries and exits of the month."""
    every_day = [month + timedelta(days=offset) for offset in range(month_end(month).day)]
    here = [(days, day) for days in children.values() for day in every_day if day in days]
    return (
        sum(not days.isdisjoint(every_day) for days in children.values()),
        len(here),
        sum(day - ONE_DAY not in days for days, day in here),
        sum(day + ONE_DAY not in days for days, day in here),
    )


@pytest.mark.parametrize("as_of", AS_OF)
def test_every_row_is_the_landing_files(home: Home, shared_data: Path, as_of: str) -> None:
    population = Population(date.fromisoformat(as_of))
    for row in granted(shared_data / "landing", population.as_of):
        population.add(row)
    unit_prices, measures = by_hand(population)

    published = home.query(
        as_of,
        f"""
        select month, section_id, activity_no,
            case when regexp_full_match(provider_id, 'P[0-9a-f]{{16}}') then 'person' else provider_id end,
            target_group, is_unattached, {FIGURES}
        from marts.mart_unit_price
        """,
    )
    # counted, not printed: the rows tell of few children
    assert len(published) > 1000
    assert (Counter(published) - unit_prices).total() == 0
    assert (unit_prices - Counter(published)).total() == 0

    rows = home.query(
        as_of, "select month, activity_no, children, child_days, entries, exits from marts.mart_measure_month"
    )
    assert {(month, activity_no): tuple(figures) for month, activity_no, *figures in rows} == measures
