"""The committee version under attack: what an outsider can reckon of the cells that are not shown; synthetic data.

The attacker knows every edition of a year (one a quarter), how figures are hidden, that none is negative, and in the
harder attack the year's total of each hidden category from elsewhere, as the annual accounts tell it. Whatever linear
reasoning can find is the least and the greatest value that a hidden cell may have: two linear programs a cell.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from tests.home import AS_OF, Home, query
from tests.rendered import VARS, select

CASES = 40
"""Of up to six municipalities each."""
FEWEST: int = VARS["public_min_children"]
GREATEST_SHARE: int = VARS["public_max_share_pct"]
QUARTERS = [date(2022, month, 1) for month in (1, 4, 7, 10)]
OTHER = "Øvrige"
# figures that sum over categories; the others are quotients of them
FIGURES = ("course_days", "cost_total_dkk")

Cell = tuple[str, date]
Equation = tuple[Collection[Cell], float]
Part = tuple[date, str, str, str, int, int]
"""Quarter, category, child, person who is paid, days, kr."""


@dataclass(frozen=True)
class Known:
    """What the attacker holds of one figure."""

    shown: Mapping[Cell, float]
    hidden: Collection[Cell]
    sums: Sequence[Equation]


def intervals(known: Known, wanted: Collection[Cell] | None = None) -> dict[Cell, tuple[float, float]]:
    """The least and the greatest value of the hidden cells, all or those wanted, that are not shown elsewhere."""
    unknown = sorted(set(known.hidden) - known.shown.keys())
    number = {cell: i for i, cell in enumerate(unknown)}
    matrix, totals = [], []
    for cells, total in known.sums:
        matrix.append([float(cell in cells) for cell in unknown])
        totals.append(total - sum(known.shown.get(cell, 0.0) for cell in cells if cell not in number))
    found = {}
    for cell in unknown if wanted is None else number.keys() & wanted:
        ends = []
        for sign in (1.0, -1.0):
            aim = [sign * (other == cell) for other in unknown]
            result = linprog(aim, A_eq=matrix or None, b_eq=totals or None, bounds=(0, None), method="highs")
            ends.append(sign * result.fun if result.status == 0 else float("inf"))
        found[cell] = (ends[0], ends[1])
    return found


def read(editions: Sequence[Sequence[Mapping[str, Any]]], figure: str) -> Known:
    """What one or more editions tell of a figure."""
    shown: dict[Cell, float] = {}
    hidden: set[Cell] = set()
    sums: list[Equation] = []
    for rows in editions:
        hidden_here = defaultdict(set)
        for row in rows:
            cell = (row["category_no"], row["quarter"])
            if row["is_suppressed"] and not row["is_other"]:
                hidden_here[row["quarter"]].add(cell)
            elif not row["is_other"]:
                shown[cell] = float(row[figure])
        for row in rows:
            if row["is_other"] and not row["is_suppressed"]:
                sums.append((hidden_here[row["quarter"]], float(row[figure])))
        hidden.update(*hidden_here.values())
    return Known(shown, hidden, sums)


def with_accounts(known: Known, truth: Mapping[Cell, float]) -> Known:
    """And the year's total of each hidden category, from elsewhere."""
    by_category = defaultdict(set)
    for cell in known.hidden:
        by_category[cell[0], cell[1].year].add(cell)
    return Known(
        known.shown,
        known.hidden,
        [
            *known.sums,
            *((cells, sum(truth.get(cell, 0) for cell in cells)) for cells in by_category.values()),
        ],
    )


def exactly(found: Mapping[Cell, tuple[float, float]]) -> set[Cell]:
    """The cells of which the attacker knows the value; the figures of the tests are whole numbers."""
    return {cell for cell, (low, high) in found.items() if high - low < 0.5}


# --- random municipalities


@st.composite
def municipality(draw: st.DrawFn, *, is_negative: bool) -> list[tuple[int, str, str, str, int, int]]:
    """A year of one to six categories, many of them small; children are in several of them."""
    parts = []
    months = [1, 4, 7, 10][: draw(st.sampled_from([4, 2, 1, 3]))]
    for category in "ABCDEF"[: draw(st.sampled_from([4, 3, 6, 1, 2]))]:
        size = draw(st.sampled_from([3, 5, 8, 12]))
        for month in months:
            children = max(0, size + draw(st.sampled_from([0, 0, 1, -1, -2, -99])))
            prefix = draw(st.sampled_from([category, category, "x"]))
            most = draw(st.sampled_from([100, 100, 100_000, 0]))
            days, payee = draw(st.sampled_from([(90, "none"), (1, "none"), (0, "none"), (45, "P")]))
            for i in range(children):
                cost = most if i == 0 else draw(st.sampled_from([100, 137, 2000]))
                sign = -1 if is_negative and draw(st.booleans()) else 1
                parts.append((month, category, f"{prefix}{i}", payee, days, sign * cost))
    return parts


def country(*, is_negative: bool = False) -> st.SearchStrategy[list[Part]]:
    """Municipalities that know nothing of each other: each has a year of its own, so that one query builds them all."""
    return st.lists(municipality(is_negative=is_negative), min_size=1, max_size=6).map(
        lambda found: [
            (date(2001 + year, part[0], 1), *part[1:])
            for year, parts in enumerate(found)
            for part in parts
            if part[4] or part[5]
        ]
    )


@pytest.fixture(scope="module")
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute(
            "create table int_unit_price__category_child (quarter date, category_no varchar, child_key varchar,"
            " payee_id varchar, course_days bigint, cost_dkk decimal(18, 2));"
            "create table stg_control__run as select date '2022-12-31' as as_of;"
            "create table stg_reference__activity_category (category_no varchar, name varchar)"
        )
        yield connection


def edition(
    database: duckdb.DuckDBPyConnection, parts: Sequence[Part], until: int = 12
) -> list[dict[str, Any]]:
    """The committee version of the quarters up to a month of each year."""
    database.execute("delete from int_unit_price__category_child")
    rows = [part for part in parts if part[0].month <= until]
    if rows:
        marks = ", ".join(["(?, ?, ?, ?, ?, ?)"] * len(rows))
        database.execute(
            f"insert into int_unit_price__category_child values {marks}",
            [value for row in rows for value in row],
        )
    for model in ("int_unit_price__category_hidden", "mart_unit_price_public"):
        database.execute(f"create or replace table {model} as {select(model)}")
    cursor = database.execute("from mart_unit_price_public order by all")
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def truth_of(parts: Sequence[Part]) -> dict[str, dict[Cell, float]]:
    found: dict[str, dict[Cell, float]] = {figure: defaultdict(float) for figure in FIGURES}
    for quarter, category, _, _, days, cost in parts:
        found["course_days"][category, quarter] += days
        found["cost_total_dkk"][category, quarter] += cost
    return found


def children_of(parts: Sequence[Part], number: int) -> dict[Cell, set[str]]:
    """The children who count in a cell, by days (4) or cost (5)."""
    found = defaultdict(set)
    for part in parts:
        if part[number]:
            found[part[1], part[0]].add(part[2])
    return found


def only_primary(parts: Sequence[Part]) -> list[dict[str, Any]]:
    """What a careless office would print: cells of few children left out, and the total of each quarter."""
    truth, children = truth_of(parts), children_of(parts, 4)
    quarters = sorted({part[0] for part in parts})
    rows: list[dict[str, Any]] = []
    for quarter in quarters:
        rest = dict.fromkeys(FIGURES, 0.0)
        for category in sorted({part[1] for part in parts}):
            cell = (category, quarter)
            is_few = 0 < len(children[cell]) < FEWEST
            row = {"quarter": quarter, "category_no": category, "is_other": False, "is_suppressed": is_few}
            rows.append(row | {figure: None if is_few else truth[figure][cell] for figure in FIGURES})
            if is_few:
                rest = {figure: rest[figure] + truth[figure][cell] for figure in FIGURES}
        rows.append(
            {"quarter": quarter, "category_no": OTHER, "is_other": True, "is_suppressed": False, **rest}
        )
    return rows


EXAMPLE: list[Part] = [
    (quarter, category, f"{category}{i}", "none", 90, 1000 + i)
    for quarter in QUARTERS
    for category, size in (("A", 3 if quarter == QUARTERS[1] else 6), ("B", 7), ("C", 20))
    for i in range(size)
]


@pytest.mark.parametrize("figure", FIGURES)
def test_the_attack_works_where_only_the_small_cells_are_left_out(figure: str) -> None:
    found = exactly(intervals(read([only_primary(EXAMPLE)], figure)))
    assert found == {("A", QUARTERS[1])}


@pytest.mark.parametrize("figure", FIGURES)
def test_the_attack_fails_on_the_same_children(database: duckdb.DuckDBPyConnection, figure: str) -> None:
    rows = edition(database, EXAMPLE)
    assert {row["category_no"] for row in rows if row["is_suppressed"]} == {"A", "B"}
    known = read([rows], figure)
    assert exactly(intervals(with_accounts(known, truth_of(EXAMPLE)[figure]))) == set()


@given(country())
@settings(max_examples=CASES, deadline=None)
def test_no_hidden_cell_is_recovered(database: duckdb.DuckDBPyConnection, parts: list[Part]) -> None:
    all_editions = [edition(database, parts, quarter.month) for quarter in QUARTERS]
    truth = truth_of(parts)
    sensitive = {
        cell for number in (4, 5) for cell, found in children_of(parts, number).items() if len(found) < FEWEST
    }
    careless_rows = only_primary(parts)
    for year in sorted({part[0].year for part in parts}):
        editions = [[row for row in rows if row["quarter"].year == year] for rows in all_editions]
        careless = [row for row in careless_rows if row["quarter"].year == year]
        for figure in FIGURES:
            # every edition of the year side by side
            known = read(editions, figure)
            assert not sensitive & known.shown.keys()
            assert {cell: truth[figure][cell] for cell in known.shown} == known.shown
            for cell, (low, high) in intervals(known, sensitive).items():
                # it may be nothing, and it may be a quarter more than it is: nobody comes near
                assert low < 0.5
                assert high * GREATEST_SHARE >= truth[figure][cell] * 100 - 1

            # the careless version of the same children falls where a cell is alone
            fallen = read([careless], figure)
            alone = {cell for cells, _ in fallen.sums if len(cells) == 1 for cell in cells}
            assert alone <= exactly(intervals(fallen, alone))

            # the newest edition and the accounts; of a single quarter these tell themselves, and of what costs nothing
            if len({row["quarter"] for row in editions[-1]}) > 1:
                known = read(editions[-1:], figure)
                if known.sums:
                    found = exactly(intervals(with_accounts(known, truth[figure]), sensitive))
                    assert not {cell for cell in found if truth[figure][cell]}


@given(country(is_negative=True))
@settings(max_examples=CASES, deadline=None)
def test_each_edition_keeps_the_rules(database: duckdb.DuckDBPyConnection, parts: list[Part]) -> None:
    hidden_before: set[tuple[int, str]] = set()
    for until in QUARTERS:
        rows = edition(database, parts, until.month)
        assert database.execute(select("assert_public_unit_prices_tell_of_no_child")).fetchall() == []
        hidden = {
            (row["quarter"].year, row["category_no"])
            for row in rows
            if row["is_suppressed"] and not row["is_other"]
        }
        # what was hidden stays hidden: else the sum of an earlier edition could be taken apart by a later one
        assert hidden_before <= hidden
        hidden_before = hidden

        here = [part for part in parts if part[0].month <= until.month]
        children, truth = children_of(here, 4), truth_of(here)
        for row in rows:
            if row["is_suppressed"] or row["is_other"]:
                assert row["children"] is None
            else:
                assert row["children"] == len(children[row["category_no"], row["quarter"]])
                assert row["children"] == 0 or row["children"] >= FEWEST
        told = {row["quarter"] for row in rows if not (row["is_other"] and row["is_suppressed"])}
        told -= {row["quarter"] for row in rows if row["is_other"] and row["is_suppressed"]}
        for quarter in told:
            for figure in FIGURES:
                shown = sum(row[figure] or 0 for row in rows if row["quarter"] == quarter)
                assert shown == sum(value for cell, value in truth[figure].items() if cell[1] == quarter)


@pytest.mark.parametrize(
    ("sizes", "hidden"),
    [
        ({"A": 4}, {"A", OTHER}),
        ({"A": 5}, set()),
        ({"A": 2, "B": 2}, {"A", "B", OTHER}),
        ({"A": 3, "B": 3}, {"A", "B"}),
        ({}, set()),
    ],
)
def test_tiny_municipalities(
    database: duckdb.DuckDBPyConnection, sizes: Mapping[str, int], hidden: set[str]
) -> None:
    parts = [
        (QUARTERS[0], name, f"{name}{i}", "none", 90, 500)
        for name, size in sizes.items()
        for i in range(size)
    ]
    rows = edition(database, parts)
    assert {row["category_no"] for row in rows if row["is_suppressed"]} == hidden


@pytest.mark.slow
@pytest.mark.parametrize("figure", FIGURES)
def test_the_shared_population_is_safe(home: Home, figure: str) -> None:
    """All editions that were published of the shared extracts, each with the accounts of its years."""
    column = {"course_days": "course_days", "cost_total_dkk": "planned_dkk"}[figure]
    for as_of in AS_OF:
        public = home.publication(as_of) / "public"
        with duckdb.connect(str(public / "public.duckdb"), read_only=True) as connection:
            cursor = connection.execute("from mart_unit_price_public")
            names = [column[0] for column in cursor.description or []]
            rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        truth: dict[Cell, float] = defaultdict(float)
        for category, quarter, value in query(
            home.publication(as_of) / "kobling.duckdb",
            f"""
            select
                coalesce(account.category_no, 'Ukendt'),
                cast(date_trunc('quarter', months.month) as date),
                sum(months.{column})
            from marts.fct_course_month as months
            inner join marts.dim_course as course using (course_id)
            left join marts.dim_account as account on course.account_id = account.account_id
            where '{column}' <> 'course_days'
                or (course_type = 'MAIN' and status = 'GRANTED' and is_current and not coalesce(is_fictive, false))
            group by all
            """,
        ):
            truth[category, quarter] = float(value)
        known = read([rows], figure)
        assert known.shown
        assert known.hidden
        assert {cell: truth[cell] for cell in known.shown} == pytest.approx(known.shown)
        assert exactly(intervals(known)) == set()
        # of a year with a single quarter the accounts themselves tell
        years = Counter(quarter.year for quarter in {row["quarter"] for row in rows})
        told = {cell for cell in known.hidden if years[cell[1].year] == 1}
        assert exactly(intervals(with_accounts(known, truth))) <= told
