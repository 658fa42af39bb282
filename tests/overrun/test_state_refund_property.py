"""The state refund against an independent count on random children, thresholds and years. All data are synthetic.

The count by hand cuts each child's cost into the stretches between the thresholds; the model adds up what each
level has above the one below.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rendered import ROOT, fill, warehouse

MONEY = "decimal(18, 2)"
TABLES = {
    "stg_reference__state_refund_threshold": f"fiscal_year int, level_no int, above_dkk {MONEY}, refund_pct {MONEY}",
    "int_ledger__period": "fiscal_year int",
    "int_state_refund__posting": (
        "fiscal_year int, posted_on date, part varchar, child_key varchar, course_id varchar, "
        f"is_paid_by_other boolean, amount_dkk {MONEY}"
    ),
    "int_bos__course": (
        "course_id varchar, child_key varchar, account_id varchar, section_id varchar, team_id varchar, "
        "paying_municipality varchar"
    ),
    "int_overrun__line": (
        f"fiscal_year int, course_id varchar, month date, accrued_unposted {MONEY}, "
        f"committed_remaining {MONEY}, spill_out {MONEY}"
    ),
    "int_account__year": "fiscal_year int, account_id varchar, frame_id varchar",
    "int_gap__available_input": "input varchar",
}
YEARS = (2020, 2021, 2022, 2023)
Levels = list[tuple[Decimal, Decimal]]


@dataclass(frozen=True)
class Course:
    """A course of a child in a year: who pays, what is posted (day, part, amount) and what is to come."""

    is_paid_by_other: bool
    posted: tuple[tuple[int, str, Decimal], ...]
    accrued_last_year: Decimal
    accrued: Decimal
    committed: Decimal
    committed_december: Decimal
    spill: Decimal

    def to_come(self) -> Decimal:
        """What is still to be posted; a course that goes on in December spills as much as came from last year."""
        coming = self.accrued_last_year + self.accrued + self.committed + self.committed_december
        return coming - (self.spill + self.accrued_last_year if self.committed_december else 0)


@dataclass
class Child:
    """The count by hand of a child and year."""

    cost: Decimal = Decimal(0)
    other: Decimal = Decimal(0)
    income: Decimal = Decimal(0)
    claimed: Decimal = Decimal(0)
    to_come: Decimal = Decimal(0)
    other_to_come: Decimal = Decimal(0)
    days: dict[date, list[tuple[str, bool, Decimal]]] = field(default_factory=dict)

    def net(self, cost: Decimal, other: Decimal) -> Decimal:
        return cost - max(self.income, other)


def amounts(low: int, high: int) -> st.SearchStrategy[Decimal]:
    return st.decimals(min_value=low, max_value=high, places=2)


COURSES = st.builds(
    Course,
    is_paid_by_other=st.booleans(),
    posted=st.lists(
        st.tuples(
            st.integers(0, 364),
            st.sampled_from(["cost", "cost", "cost", "inter_municipal", "state_refund"]),
            amounts(-100_000, 1_500_000),
        ),
        max_size=4,
    ).map(tuple),
    accrued_last_year=amounts(0, 50_000),
    accrued=amounts(0, 200_000),
    committed=amounts(0, 900_000),
    committed_december=st.one_of(st.just(Decimal(0)), amounts(0, 200_000)),
    spill=amounts(0, 200_000),
)
THRESHOLDS = st.dictionaries(
    st.sampled_from(YEARS),
    st.lists(
        st.tuples(st.integers(1, 2_500_000), st.integers(1, 99)),
        min_size=1,
        max_size=4,
        unique_by=lambda x: x[0],
    ).map(lambda levels: [(Decimal(above), Decimal(pct)) for above, pct in sorted(levels)]),
    max_size=3,
)
# year and child to the courses
POPULATIONS = st.dictionaries(
    st.tuples(st.sampled_from(YEARS), st.sampled_from("abc")),
    st.lists(COURSES, min_size=1, max_size=3),
    min_size=1,
    max_size=5,
)


def refund_of(net: Decimal, levels: Levels) -> Decimal:
    """Each stretch of the cost at its own rate, rounded half up."""
    ends = [above for above, _ in levels[1:]] + [max(net, Decimal(0)) + levels[-1][0]]
    exact = sum(
        (max(min(net, end) - above, Decimal(0)) * pct / 100)
        for (above, pct), end in zip(levels, ends, strict=True)
    )
    return Decimal(exact).quantize(Decimal("0.01"), ROUND_HALF_UP)


def levels_of(year: int, thresholds: dict[int, Levels]) -> Levels | None:
    """Those of the newest year up to it."""
    known = [known for known in thresholds if known <= year]
    return thresholds[max(known)] if known else None


def count_by_hand(population: dict[tuple[int, str], list[Course]]) -> dict[tuple[int, str], Child]:
    children = {}
    for key, courses in population.items():
        child = children[key] = Child()
        for course in courses:
            for day, part, amount in course.posted:
                on = date(key[0], 1, 1) + timedelta(days=day)
                child.days.setdefault(on, []).append((part, course.is_paid_by_other, amount))
                child.cost += amount if part == "cost" else 0
                child.other += amount if part == "cost" and course.is_paid_by_other else 0
                child.income -= amount if part == "inter_municipal" else 0
                child.claimed -= amount if part == "state_refund" else 0
            child.to_come += course.to_come()
            child.other_to_come += course.to_come() if course.is_paid_by_other else 0
    return children


def passed_on(child: Child, above: Decimal) -> date | None:
    cost = other = income = Decimal(0)
    for on, lines in sorted(child.days.items()):
        for part, is_paid_by_other, amount in lines:
            cost += amount if part == "cost" else 0
            other += amount if part == "cost" and is_paid_by_other else 0
            income -= amount if part == "inter_municipal" else 0
        if cost - max(income, other) > above:
            return on
    return None


@cache
def models() -> duckdb.DuckDBPyConnection:
    return warehouse(TABLES, "int_state_refund__level", "int_state_refund__child")


def children_of_model(
    population: dict[tuple[int, str], list[Course]], thresholds: dict[int, Levels]
) -> dict[tuple[int, str], dict[str, Any]]:
    rows: dict[str, list[tuple[object, ...]]] = {table: [] for table in TABLES}
    rows["int_ledger__period"] = [(year,) for year in YEARS for _ in range(2)]
    rows["int_gap__available_input"] = [("state_refund",), ("inter_municipal_income",)]
    rows["stg_reference__state_refund_threshold"] = [
        (year, number, *level)
        for year, levels in thresholds.items()
        for number, level in enumerate(levels, start=1)
    ]
    # ours is the municipality that pays for most
    rows["int_bos__course"] = [(f"own{number}", None, None, None, None, "Egen") for number in range(20)]
    for (year, key), courses in population.items():
        for number, course in enumerate(courses):
            course_id = f"{key}{year}{number}"
            payer = "Anden" if course.is_paid_by_other else None
            rows["int_bos__course"].append((course_id, key, "A", "S", None, payer))
            rows["int_state_refund__posting"] += [
                (
                    year,
                    date(year, 1, 1) + timedelta(days=day),
                    part,
                    key,
                    course_id,
                    payer is not None,
                    amount,
                )
                for day, part, amount in course.posted
            ]
            rows["int_overrun__line"] += [
                (year, course_id, date(year - 1, 12, 1), course.accrued_last_year, None, course.spill),
                (year, course_id, date(year, 6, 1), course.accrued, course.committed, None),
                (year, course_id, date(year, 12, 1), None, course.committed_december, None),
            ]
    connection = models()
    fill(connection, rows)
    cursor = connection.execute("select * from int_state_refund__child")
    names = [column[0] for column in cursor.description or []]
    records = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return {(record["fiscal_year"], record["child_key"]): record for record in records}


@settings(max_examples=40, deadline=None)
@given(POPULATIONS, THRESHOLDS)
def test_refund_equals_the_count_by_hand(
    population: dict[tuple[int, str], list[Course]], thresholds: dict[int, Levels]
) -> None:
    found = children_of_model(population, thresholds)
    by_hand = {key: child for key, child in count_by_hand(population).items() if child.days or child.to_come}
    assert found.keys() == by_hand.keys()
    for key, child in by_hand.items():
        row = found[key]
        net = child.net(child.cost, child.other)
        expected_cost = child.cost + child.to_come
        expected = child.net(expected_cost, child.other + child.other_to_come)
        assert (row["cost_dkk"], row["net_cost_dkk"]) == (child.cost, net)
        assert (row["expected_cost_dkk"], row["expected_net_cost_dkk"]) == (expected_cost, expected)
        assert (row["inter_municipal_income_dkk"], row["claimed_dkk"]) == (child.income, child.claimed)
        levels = levels_of(key[0], thresholds)
        if levels is None:
            assert {row["entitled_dkk"], row["entitled_expected_dkk"], row["refund_level"]} == {None}
        else:
            assert row["entitled_dkk"] == refund_of(net, levels)
            assert row["entitled_expected_dkk"] == refund_of(expected, levels)
            assert row["refund_level"] == sum(expected > above for above, _ in levels)
            assert row["passed_on"] == passed_on(child, levels[0][0])


@pytest.mark.parametrize(
    ("year", "cost", "refund"),
    [
        (2022, "2500000", "710000"),  # domain.md 5.4: 205,000 + 220,000 + 285,000
        (2022, "860000", "0"),
        (2022, "1680000", "205000"),
        (2022, "2120000", "425000"),
        (2021, "2090000", "417500"),
        (2024, "2500000", "710000"),  # the newest thresholds that are known
    ],
)
def test_the_laws_thresholds(year: int, cost: str, refund: str) -> None:
    with (ROOT / "seeds" / "state_refund_threshold.csv").open(encoding="utf-8", newline="") as file:
        thresholds: dict[int, Levels] = {}
        for row in csv.DictReader(file):
            level = Decimal(row["above_dkk"]), Decimal(row["refund_pct"])
            thresholds.setdefault(int(row["fiscal_year"]), []).append(level)
    levels = levels_of(year, thresholds)
    assert levels is not None
    assert refund_of(Decimal(cost), levels) == Decimal(refund)
