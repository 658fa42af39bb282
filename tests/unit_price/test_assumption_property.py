"""mart_budget_assumption and its months on random years: nothing is lost, and the effects are their formulas.

The models read made-up files of assumptions, courses and unit prices from end to end. All data are synthetic.
"""

from __future__ import annotations

import calendar
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rendered import select

CASES = 100
ORE = Fraction(1, 100)
# what DECIMAL quotients of four decimals, multiplied by large amounts, may be off, as a share of them
NEARLY = Fraction(1, 10**3)

TABLES = {
    "stg_control__run": "as_of date",
    "stg_reference__gap_rule": (
        "rule_id varchar, threshold_pct decimal(9, 2), threshold_count integer, follow_up_da varchar"
    ),
    "int_bos__delivery_window": "source_system varchar, extract_date date",
    "dim_date": "date_on date, year integer, month_start_on date, month_end_on date",
    "dim_provider": "provider_id varchar, provider_kind varchar",
    "stg_plan__budget_assumption": (
        "source_system varchar, extract_date date, fiscal_year integer, activity_no varchar, provider_kind varchar, "
        "target_group varchar, assumed_courses decimal(18, 4), assumed_duration_days decimal(18, 4), "
        "assumed_price_day_dkk decimal(18, 2), assumed_cost_dkk decimal(18, 2), activation_pct decimal(18, 4), "
        "threshold_pct decimal(18, 4), owner_role varchar"
    ),
    "int_unit_price__course": (
        "course_id varchar, appropriation_id varchar, is_main boolean, activity_no varchar, provider_id varchar, "
        "target_group varchar"
    ),
    "fct_course_month": "course_id varchar, month date, planned_dkk decimal(18, 2)",
    "mart_unit_price": (
        "month date, activity_no varchar, provider_id varchar, target_group varchar, is_covered boolean, "
        "course_days bigint, first_in_year_courses bigint, ended_courses bigint, avg_duration_days decimal(18, 2), "
        "cost_total_dkk decimal(18, 2), cost_posted_dkk decimal(18, 2)"
    ),
    "int_unit_price__assumption_team": (
        "fiscal_year integer, activity_no varchar, provider_kind varchar, target_group varchar, team_id varchar"
    ),
}
MODELS = [
    "int_unit_price__assumption",
    "int_unit_price__assumption_segment",
    "mart_budget_assumption_month",
    "mart_budget_assumption",
]
PROVIDERS = {"C": "company", "P": "person", "Ukendt": None}
YEAR = 2022

Row = tuple[Any, ...]
Key = tuple[str, str, str]

money = st.one_of(
    st.sampled_from([Decimal(0), Decimal("0.01"), Decimal("-0.01"), Decimal(36500)]),
    st.decimals(-(10**4), 10**7, places=2),
)
activities = st.sampled_from(["A", "B"])
groups = st.sampled_from(["Familie", "Handicap"])


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), strategy)


@dataclass(frozen=True)
class Case:
    as_of: date
    assumptions: list[Row]
    prices: list[Row]
    plans: list[Row]


@st.composite
def case(draw: st.DrawFn) -> Case:
    as_of = draw(
        st.sampled_from([date(2022, 1, 15), date(2022, 1, 31), date(2022, 4, 30), date(2022, 12, 31)])
    )
    assumption = st.tuples(
        st.just(YEAR),
        activities,
        maybe(st.sampled_from(["company", "person"])),
        maybe(groups),
        maybe(st.sampled_from([Decimal(0), Decimal("0.5"), Decimal(3), Decimal("12.3456")])),
        maybe(st.sampled_from([Decimal(1), Decimal(90), Decimal(365), Decimal("200.5")])),
        maybe(st.sampled_from([Decimal(0), Decimal(100), Decimal("2150.75")])),
        st.decimals(0, 10**7, places=2),
        maybe(st.sampled_from([Decimal(0), Decimal(80), Decimal("33.3")])),
        maybe(st.sampled_from([Decimal(5), Decimal(50)])),
        st.none(),
    )
    price = st.tuples(
        st.integers(1, 12).map(lambda month: date(YEAR, month, 1)),
        activities,
        st.sampled_from(list(PROVIDERS)),
        groups,
        st.just(True),
        st.sampled_from([0, 1, 30, 31, 300]),
        st.integers(0, 9),
        st.integers(0, 3),
        st.decimals(1, 1000, places=2),
        money,
        money,
    )
    prices = [
        (*row[:7], row[7], row[8] if row[7] else None, *row[9:])
        for row in draw(st.lists(price, max_size=14, unique_by=lambda row: row[:4]))
        # as mart_unit_price has it: only months that are over
        if row[0].month < as_of.month or (row[0].month == as_of.month and as_of.day > 27)
    ]
    return Case(
        as_of,
        draw(st.lists(assumption, max_size=6, unique_by=lambda row: row[1:4])),
        prices,
        draw(st.lists(st.tuples(activities, groups, st.integers(1, 12), money), max_size=4)),
    )


@pytest.fixture(scope="module")
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1}) as connection:
        for table, columns in TABLES.items():
            connection.execute(f"create table {table} ({columns})")
        connection.execute("""
            insert into dim_date
            select day::date, year(day), day::date, last_day(day)
            from generate_series(date '2021-01-01', date '2023-12-01', interval 1 month) as days (day)
        """)
        connection.execute("insert into stg_reference__gap_rule values ('E08', 10, 2, 'Leder i C-ØKO')")
        connection.execute("insert into int_bos__delivery_window values ('bos', date '2022-01-31')")
        connection.execute(
            "insert into dim_provider select * from (values ('C', 'company'), ('P', 'person'))"
        )
        courses = [
            (f"{activity}{provider}{group}", None, True, activity, provider, group)
            for activity in "AB"
            for provider in PROVIDERS
            for group in ("Familie", "Handicap")
        ]
        connection.executemany("insert into int_unit_price__course values (?, ?, ?, ?, ?, ?)", courses)
        yield connection


def run(
    database: duckdb.DuckDBPyConnection, case: Case
) -> tuple[dict[Key, dict[str, Any]], list[dict[str, Any]]]:
    """The rows of the year by their key, and the months."""
    tables: dict[str, list[Row]] = {
        "stg_control__run": [(case.as_of,)],
        "stg_plan__budget_assumption": [("plan", date(2022, 1, 1), *row) for row in case.assumptions],
        "mart_unit_price": case.prices,
        "fct_course_month": [
            (f"{activity}C{group}", date(YEAR, month, 1), planned)
            for activity, group, month, planned in case.plans
        ],
    }
    for table, rows in tables.items():
        database.execute(f"delete from {table}")
        if rows:
            database.executemany(f"insert into {table} values ({', '.join('?' * len(rows[0]))})", rows)
    for model in MODELS:
        database.execute(f"create or replace temp table {model} as {select(model)}")
    found = {}
    for model in MODELS[2:]:
        cursor = database.execute(f"from {model}")
        names = [column[0] for column in cursor.description or []]
        found[model] = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    years = {
        (row["activity_no"], row["provider_kind"], row["target_group"]): row
        for row in found["mart_budget_assumption"]
    }
    assert len(years) == len(found["mart_budget_assumption"])
    return years, found["mart_budget_assumption_month"]


def owner(case: Case, row: Row) -> Key:
    """The assumption that a row of mart_unit_price belongs to, else its own segment."""
    activity, kind, group = row[1], PROVIDERS[row[2]] or "unknown", row[3]
    told = {(found[1], found[2], found[3]) for found in case.assumptions}
    for wanted in ((kind, group), (kind, None), (None, group), (None, None)):
        if (activity, *wanted) in told:
            return activity, wanted[0] or "all", wanted[1] or "all"
    return activity, kind, group


def check_nothing_is_lost(case: Case, years: dict[Key, dict[str, Any]], months: list[dict[str, Any]]) -> None:
    if not case.assumptions:
        assert (years, months) == ({}, [])
        return

    costs: dict[Key, Decimal] = defaultdict(Decimal)
    days: dict[Key, int] = defaultdict(int)
    for price in case.prices:
        costs[owner(case, price)] += price[9]
        days[owner(case, price)] += price[5]
    for key, row in years.items():
        if row["month_to"] is None:
            assert row["assumption_status"] == "not_begun"
            assert row["cost_dkk"] is row["course_days"] is row["change_dkk"] is row["is_reportable"] is None
            continue
        # every row of the unit prices in one assumption, or in its own
        assert (row["cost_dkk"], row["course_days"]) == (costs.pop(key, 0), days.pop(key, 0))
        assert row["change_dkk"] == row["cost_dkk"] - row["cost_base_dkk"]
        if row["not_compared_effect"] is None:
            assert row["volume_effect"] + row["price_effect"] + row["calculation_effect"] == row["change_dkk"]
        else:
            assert row["volume_effect"] is row["price_effect"] is None
            assert row["not_compared_effect"] == row["change_dkk"]
        if row["number_effect"] is not None:
            assert row["number_effect"] + row["mix_effect"] + row["duration_effect"] == row["volume_effect"]
        assert row["expected_cost_dkk"] == row["cost_dkk"] + row["granted_rest_dkk"]
    # what has neither days nor money needs no row
    assert not any(costs.values())
    assert not any(days.values())
    rest = sum(
        (
            row[3]
            for row in case.plans
            if row[2] > case.as_of.month or (row[2] == case.as_of.month and case.as_of.day < 28)
        ),
        Decimal(0),
    )
    assert sum((row["granted_rest_dkk"] or 0 for row in years.values()), Decimal(0)) == rest
    assert sum(row["cost_dkk"] for row in months) == sum((row[9] for row in case.prices), Decimal(0))
    # the months of a whole year are the year's assumption
    if case.as_of.month == 12:
        for key, row in years.items():
            if row["is_assumed"]:
                assert row["cost_base_dkk"] == row["assumed_cost_dkk"], key


def check_effects_are_the_formulas(years: dict[Key, dict[str, Any]]) -> None:
    """N courses, D days of each, p cost per day, as domain.md 5.3 writes them, in fractions."""
    numbered = {key: row for key, row in years.items() if row["number_effect"] is not None}
    total = [
        sum((Fraction(row[name]) for row in numbered.values()), Fraction(0))
        for name in ("courses_base", "courses")
    ]
    for key, row in years.items():
        if row["assumption_status"] != "compared":
            continue
        volume_0, volume_1 = Fraction(row["course_days_base"]), Fraction(row["course_days"])
        # the file's own number × price, where it says both, to date
        base = Fraction(row["cost_base_dkk"]) + Fraction(row["calculation_effect"])
        price_0, price_1 = base / volume_0, Fraction(row["cost_dkk"]) / volume_1
        expected = {"volume": (volume_1 - volume_0) * price_0, "price": volume_1 * (price_1 - price_0)}
        if key in numbered:
            number_0, number_1 = Fraction(row["courses_base"]), Fraction(row["courses"])
            days_0, days_1 = volume_0 / number_0, volume_1 / number_1
            share_0, share_1 = number_0 / total[0], number_1 / total[1]
            expected["number"] = (total[1] - total[0]) * base / total[0]
            expected["mix"] = total[1] * (share_1 - share_0) * days_0 * price_0
            expected["duration"] = number_1 * (days_1 - days_0) * price_0
        for name, effect in expected.items():
            # a quotient of four decimals is some thousandths of a small divisor off
            slack = 3 * ORE + NEARLY * (abs(effect) + abs(base))
            assert abs(Fraction(row[f"{name}_effect"]) - effect) < slack, (key, name)


def check_what_is_reported_was_off_to_one_side_for_two_months(months: list[dict[str, Any]]) -> None:
    by_assumption: dict[Key, list[dict[str, Any]]] = defaultdict(list)
    for row in sorted(months, key=lambda row: row["month"]):
        if row["is_assumed"]:
            by_assumption[row["activity_no"], row["provider_kind"], row["target_group"]].append(row)
        else:
            assert row["is_reportable"] is row["report_by_da"] is row["number_deviation_pct"] is None
    for rows in by_assumption.values():
        streak, side = 0, 0
        for row in rows:
            now = 0
            if row["activated_courses"] is not None:
                days_in_month = calendar.monthrange(YEAR, row["month"].month)[1]
                found = Fraction(row["course_days"])
                assumed = Fraction(row["activated_courses"]) * days_in_month
                # activated_courses has four decimals: nobody knows which side a hair's breadth is on
                if abs(abs(found - assumed) * 100 - assumed * Fraction(row["threshold_pct"])) < Fraction(
                    1, 2
                ):
                    break
                if abs(found - assumed) * 100 > assumed * Fraction(row["threshold_pct"]):
                    now = 1 if found > assumed else -1
            streak = 0 if now == 0 else streak + 1 if now == side else 1
            side = now
            assert row["number_months_over"] == side * streak
            assert row["is_reportable"] == (row["months_over"] >= 2)
            assert row["months_over"] == max(
                abs(row[f"{name}_months_over"]) for name in ("number", "price", "duration", "cost")
            )


@given(case())
@settings(max_examples=CASES, deadline=None)
def test_nothing_is_lost_and_effects_are_the_formulas(
    database: duckdb.DuckDBPyConnection, case: Case
) -> None:
    years, months = run(database, case)
    check_nothing_is_lost(case, years, months)
    check_effects_are_the_formulas(years)
    check_what_is_reported_was_off_to_one_side_for_two_months(months)
