"""mart_unit_price_variance against the formulas of marts.md in fractions, on random years. All data are synthetic.

The model multiplies out what the formulas divide; here they stand as they are written: V days, s shares, P cost per
day, 0 the base and 1 the year.
"""

from __future__ import annotations

import calendar
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rendered import select

CASES = 150
ORE = Fraction(1, 100)
# what DECIMAL quotients of six decimals, and their products, may be off
NEARLY = Fraction(1, 10**4)

TABLES = {
    "stg_control__run": "as_of date",
    "dim_provider": "provider_id varchar, provider_kind varchar",
    "mart_unit_price": (
        "month date, activity_no varchar, provider_id varchar, is_covered boolean, course_days bigint, "
        "first_in_year_courses bigint, units decimal(18, 4), cost_by_unit_dkk decimal(18, 2), "
        "cost_total_dkk decimal(18, 2)"
    ),
    "stg_reference__price_index": "fiscal_year integer, change_pct decimal(9, 4)",
    "int_unit_price__assumption": (
        "fiscal_year integer, activity_no varchar, provider_kind varchar, assumed_days decimal(18, 4), "
        "assumed_cost_dkk decimal(18, 2), assumed_duration_days decimal(18, 4)"
    ),
}
PROVIDERS = {"10000001": "company", "10000002": "company", "P1": "person", "Huset": "internal"}

Row = tuple[Any, ...]
Key = tuple[str, str, str]


@dataclass
class Side:
    """One side of a segment: days, courses (None: not known), units, cost by unit, cost."""

    days: Fraction = Fraction(0)
    courses: Fraction | None = Fraction(0)
    units: Fraction = Fraction(0)
    by_unit: Fraction = Fraction(0)
    cost: Fraction = Fraction(0)

    def add(self, days: Any, courses: Any, units: Any, by_unit: Any, cost: Any) -> None:
        self.days += Fraction(days or 0)
        self.courses = None if courses is None or self.courses is None else self.courses + Fraction(courses)
        self.units += Fraction(units or 0)
        self.by_unit += Fraction(by_unit)
        self.cost += Fraction(cost)


@dataclass(frozen=True)
class Case:
    as_of: date
    prices: list[Row]
    index: list[Row]
    assumptions: list[Row]
    order: Any

    def rows(self, table: str) -> list[Row]:
        rows: dict[str, list[Row]] = {
            "stg_control__run": [(self.as_of,)],
            "dim_provider": list(PROVIDERS.items()),
            "mart_unit_price": self.prices,
            "stg_reference__price_index": self.index,
            "int_unit_price__assumption": self.assumptions,
        }
        return rows[table]


# zeros, an øre, round amounts and odd ones, of both signs
money = st.one_of(
    st.sampled_from([Decimal(0), Decimal("0.01"), Decimal("-0.01"), Decimal(100)]),
    st.decimals(-(10**5), 10**7, places=2),
)
days = st.sampled_from([0, 1, 2, 3, 30, 31, 365, 4999])
activities = st.sampled_from(["A", "Ukendt"])


@st.composite
def price_row(draw: st.DrawFn, year: int, covered_from_month: int) -> Row:
    month = date(draw(st.sampled_from([year, year - 1])), draw(st.integers(1, 4)), 1)
    units = draw(st.one_of(*[st.decimals("0.25", 100, places=4)] * 3, st.none(), st.just(Decimal(0))))
    return (
        month,
        draw(activities),
        draw(st.sampled_from([*PROVIDERS, "Ukendt"])),
        month >= date(year - 1, covered_from_month, 1),
        draw(days),
        draw(st.integers(0, 9)),
        units,
        draw(money) if units is not None else Decimal(0),
        draw(money),
    )


@st.composite
def case(draw: st.DrawFn) -> Case:
    as_of = draw(
        st.sampled_from([date(2022, 2, 28), date(2024, 3, 30), date(2023, 1, 15), date(2024, 4, 30)])
    )
    year = newest_month(as_of).year
    assumption = st.tuples(
        st.sampled_from([year, year, year - 1]),
        activities,
        st.sampled_from(["company", "person", "internal", "all"]),
        st.one_of(st.none(), st.just(Decimal(0)), st.decimals("0.5", 10**4, places=4)),
        money,
        st.one_of(st.none(), st.decimals(1, 1000, places=4)),
    )
    return Case(
        as_of,
        draw(
            # many rows too, so that segments meet in both years
            st.lists(
                price_row(year, draw(st.sampled_from([1, 1, 1, 2]))),
                min_size=draw(st.sampled_from([12, 8, 0])),
                max_size=18,
            )
        ),
        draw(st.sampled_from([[(year, Decimal("1.7"))], [(year, Decimal("-0.3333"))], []])),
        draw(
            st.lists(
                assumption, min_size=draw(st.sampled_from([0, 3])), max_size=6, unique_by=lambda row: row[:3]
            )
        ),
        draw(st.randoms(use_true_random=False)),
    )


def newest_month(as_of: date) -> date:
    """The first day of the newest month that is over."""
    return ((as_of + timedelta(days=1)).replace(day=1) - timedelta(days=1)).replace(day=1)


@pytest.fixture(scope="module")
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1}) as connection:
        for table, columns in TABLES.items():
            connection.execute(f"create table {table} ({columns})")
        # on a handful of rows it takes four times as long to find a good plan as to follow a bad one
        connection.execute("pragma disable_optimizer")
        connection.execute(f"prepare variance as {select('mart_unit_price_variance')}")
        yield connection


def run(
    database: duckdb.DuckDBPyConnection, case: Case, *, is_shuffled: bool = False
) -> dict[Key, dict[str, Any]]:
    """The model's rows by (basis, activity, kind of provider)."""
    for table in TABLES:
        rows = case.rows(table)
        if is_shuffled:
            rows = case.order.sample(rows, len(rows))
        database.execute(f"delete from {table}")
        if rows:
            marks = ", ".join("(" + ", ".join("?" * len(row)) + ")" for row in rows)
            database.execute(f"insert into {table} values {marks}", [value for row in rows for value in row])
    cursor = database.execute("execute variance")
    names = [column[0] for column in cursor.description or []]
    found = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    by_key = {(row["basis"], row["activity_no"], row["provider_kind"]): row for row in found}
    assert len(by_key) == len(found)
    return by_key


def by_hand(case: Case) -> dict[Key, tuple[Side, Side]]:
    """The segments of both bases: (base, year)."""
    month = newest_month(case.as_of)
    last_day = month.replace(day=calendar.monthrange(month.year, month.month)[1])
    days_to_date, days_in_year = last_day.timetuple().tm_yday, 366 if calendar.isleap(month.year) else 365
    prices = [row for row in case.prices if row[0].month <= month.month]
    base = [row for row in prices if row[0].year < month.year]
    assumptions = [row for row in case.assumptions if row[0] == month.year]
    assumed = {row[1:3] for row in assumptions}

    segments: dict[Key, tuple[Side, Side]] = defaultdict(lambda: (Side(), Side()))
    for row in prices:
        activity, kind, is_actual = row[1], PROVIDERS.get(row[2], "unknown"), row[0].year == month.year
        if base and all(other[3] for other in base):
            segments["last_year", activity, kind][is_actual].add(*row[4:])
        if assumptions and is_actual:
            as_assumed = kind if (activity, kind) in assumed or (activity, "all") not in assumed else "all"
            segments["budget", activity, as_assumed][1].add(*row[4:])
    for _, activity, kind, year_days, year_cost, duration in assumptions:
        share = Fraction(days_to_date, days_in_year)
        cost = Fraction(rounded(Fraction(year_cost) * share, 2))
        assumed_days = None if year_days is None else Fraction(rounded(Fraction(year_days) * share, 4))
        courses = None
        if assumed_days is not None and duration is not None:
            courses = Fraction(rounded(assumed_days / min(Fraction(duration), Fraction(days_to_date)), 4))
        segments["budget", activity, kind][0].add(assumed_days, courses, 0, 0, cost)
    return segments


def rounded(value: Fraction, places: int) -> Decimal:
    """Half away from zero."""
    scaled = abs(value) * 10**places + Fraction(1, 2)
    return Decimal(int(scaled) if value >= 0 else -int(scaled)).scaleb(-places)


def effects_by_hand(
    case: Case, segments: dict[Key, tuple[Side, Side]]
) -> dict[Key, dict[str, Fraction | None]]:
    """Every effect of every segment, as marts.md writes it."""
    effects: dict[Key, dict[str, Fraction | None]] = {}
    for basis in ("last_year", "budget"):
        index = Fraction(case.index[0][1]) / 100 if case.index and basis == "last_year" else None
        here = {key: sides for key, sides in segments.items() if key[0] == basis}
        both = [sides for sides in here.values() if sides[0].days > 0 and sides[1].days > 0]
        v0, v1 = (sum((sides[i].days for sides in both), Fraction(0)) for i in (0, 1))
        counts = [[sides[i].courses for sides in both] for i in (0, 1)]
        n0, n1 = (None if None in count else sum(filter(None, count), Fraction(0)) for count in counts)
        for key, (old, new) in here.items():
            if not (old.days > 0 and new.days > 0):
                effects[key] = {"new_effect": new.cost, "ended_effect": -old.cost}
                continue
            s0, s1, p0, p1 = old.days / v0, new.days / v1, old.cost / old.days, new.cost / new.days
            effect: dict[str, Fraction | None] = {
                "volume": (v1 - v0) * s0 * p0,
                "mix": v1 * (s1 - s0) * p0,
                "price": new.days * (p1 - p0),
                "number": None,
                "duration": None,
                "price_index": None if index is None else new.days * p0 * index,
                "service_level": None,
                "rate": None,
            }
            if n0 and n1 is not None:
                effect["number"] = (n1 - n0) * (v0 / n0) * s0 * p0
                effect["duration"] = (v1 - v0 / n0 * n1) * s0 * p0
            other_0, other_1 = p0, p1
            if old.units > 0 and new.units > 0:
                u0, u1 = old.units / old.days, new.units / new.days
                r0, r1 = old.by_unit / old.units * (1 + (index or 0)), new.by_unit / new.units
                effect["service_level"] = new.days * (u1 - u0) * r0
                effect["rate"] = new.days * u1 * (r1 - r0)
                other_0, other_1 = p0 - old.by_unit / old.days, p1 - new.by_unit / new.days
            effect["other_price"] = new.days * (other_1 - other_0 * (1 + (index or 0)))
            effects[key] = effect
    return effects


@given(case())
@settings(max_examples=CASES, deadline=None)
def test_effects_are_the_formulas_and_sum_to_the_change(
    database: duckdb.DuckDBPyConnection, case: Case
) -> None:
    found, segments = run(database, case), by_hand(case)
    assert found.keys() == segments.keys()
    effects = effects_by_hand(case, segments)

    for key, row in found.items():
        old, new = segments[key]
        assert (Fraction(row["cost_base_dkk"]), Fraction(row["cost_dkk"])) == (old.cost, new.cost)
        assert (Fraction(row["course_days_base"]), row["course_days"]) == (old.days, new.days)
        assert row["is_compared"] == (old.days > 0 and new.days > 0)

        # to the øre
        assert row["change_dkk"] == row["cost_dkk"] - row["cost_base_dkk"]
        five = ("volume", "mix", "price", "new_effect", "ended_effect")
        assert sum(row[name] for name in five) == row["change_dkk"]
        if row["number"] is not None:
            assert row["number"] + row["duration"] == row["volume"]
        if row["is_compared"]:
            parts = ("price_index", "service_level", "rate", "other_price")
            assert sum(row[name] or 0 for name in parts) == row["price"]

        # by the formulas, less than an øre off each
        for name in (*five, "number", "duration", "price_index", "service_level", "rate", "other_price"):
            by_formula = effects[key].get(name, Fraction(0) if name in five else None)
            assert (row[name] is None) == (by_formula is None), name
            if by_formula is not None:
                # a part of a whole that was itself rounded
                slack = ORE if name in five else 2 * ORE
                assert abs(Fraction(row[name]) - by_formula) < slack + NEARLY, name

    for basis in ("last_year", "budget"):
        rows = [row for key, row in found.items() if key[0] == basis]
        sides = [sides for key, sides in segments.items() if key[0] == basis]
        change = sum((new.cost - old.cost for old, new in sides), Fraction(0))
        assert sum((Fraction(row["change_dkk"]) for row in rows), Fraction(0)) == change


@given(case())
@settings(max_examples=CASES // 3, deadline=None)
def test_the_order_of_rows_is_nothing(database: duckdb.DuckDBPyConnection, case: Case) -> None:
    assert run(database, case) == run(database, case, is_shuffled=True)
