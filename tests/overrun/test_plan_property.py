"""The action plan and the scenarios on random plans and courses, against a count by hand, by month and by day.

The models' SQL is rendered without dbt (their macros need only `ref` and `var`) and run in memory. All data here are
synthetic.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

import duckdb
import pytest
import yaml
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from tests.rendered import ROOT, select

MODELS = [
    "int_overrun__initiative",
    "int_overrun__initiative_course",
    "mart_savings_initiative",
    "mart_overrun_frame",
    "mart_overrun_scenario",
]
FRAMES = ["30.46", "30.10"]
TABLES = {
    "stg_control__run": "as_of date",
    "stg_reference__frame": "frame_id varchar",
    "dim_frame": "frame_id varchar, name varchar",
    "dim_account": "account_id varchar, frame_id varchar",
    "stg_reference__frame_savings_target": "frame_id varchar, fiscal_year integer, target_dkk decimal(18, 2)",
    "stg_reference__scenario": (
        "scenario_id varchar, name_da varchar, description_da varchar, frame_id varchar, lever varchar, "
        "value decimal(9, 2), activity_no varchar, price_day_dkk decimal(18, 2), start_on date"
    ),
    "stg_plan__savings_initiative": (
        "extract_date date, initiative_id varchar, fiscal_year integer, measure_da varchar, frame_id varchar, "
        "effect_dkk decimal(18, 2), start_on date, probability_pct decimal(18, 4), initiative_status varchar, "
        "deadline_on date, owner_role varchar, lever varchar, account_id varchar, section_id varchar, "
        "activity_no varchar, provider_id varchar, course_ids varchar"
    ),
    "int_overrun__course_state": (
        "course_id varchar, account_id varchar, section_id varchar, activity_no varchar, provider_id varchar, "
        "status varchar, is_current boolean, is_fictive boolean, start_on date, end_on date, "
        "month_dkk decimal(18, 2)"
    ),
    "stg_control__course_state_observation": (
        "observed_on date, course_id varchar, status varchar, is_current boolean, is_fictive boolean, "
        "start_on date, end_on date, month_dkk decimal(18, 2)"
    ),
    "fct_course_payment": (
        "course_id varchar, planned_on date, granted_dkk decimal(18, 2), units decimal(18, 4), "
        "payment_frequency varchar, payment_cost_type varchar, is_current boolean, is_fictive boolean"
    ),
}

Row = dict[str, Any]


def contract(mart: str) -> str:
    """The columns of a mart that is only read here."""
    (path,) = (ROOT / "models").rglob(f"{mart}.yml")
    (model,) = yaml.safe_load(path.read_text(encoding="utf-8"))["models"]
    return ", ".join(f"{column['name']} {column['data_type']}" for column in model["columns"])


@pytest.fixture(scope="module")
def statements() -> list[str]:
    """One `create table` a model, in order."""
    return [f"create or replace table {model} as {select(model)}" for model in MODELS]


def build(statements: list[str], tables: dict[str, list[Row]]) -> duckdb.DuckDBPyConnection:
    """All models over these rows."""
    connection = duckdb.connect()
    for name, columns in {**TABLES, "mart_overrun": contract("mart_overrun")}.items():
        connection.execute(f"create table {name} ({columns})")
        for row in tables.get(name, []):
            marks = ", ".join("?" * len(row))
            connection.execute(f"insert into {name} ({', '.join(row)}) values ({marks})", list(row.values()))
    for statement in statements:
        connection.execute(statement)
    return connection


def rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[Row]:
    found = connection.execute(query)
    names = [column[0] for column in found.description or []]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def oere(amount: Fraction) -> Decimal:
    """Rounded to the øre, half away from zero."""
    return (Decimal(amount.numerator) / Decimal(amount.denominator)).quantize(Decimal("0.01"), ROUND_HALF_UP)


money = st.integers(-50_000_000_00, 0).map(lambda cents: Decimal(cents) / 100)
as_ofs = st.dates(date(2022, 1, 1), date(2023, 3, 31))
initiatives = st.fixed_dictionaries(
    {
        "frame_id": st.sampled_from(["30.46", "30.46", "30.10", "30.64"]),
        "fiscal_year": st.sampled_from([2022, 2022, 2023, 2021]),
        "effect_dkk": money,
        "start_month": st.integers(1, 12),
        "years_ago": st.integers(0, 2),
        "probability_pct": st.integers(0, 100),
        "initiative_status": st.sampled_from(["RUNNING", "RUNNING", "PLANNED", "DECIDED", "DONE", "DROPPED"]),
        "lever": st.sampled_from(["number", "number", "price", "service_level"]),
        "activity_no": st.sampled_from(["015009", "015009", "015010", None]),
    }
)


@st.composite
def random_course(draw: st.DrawFn) -> Row:
    """A course that most often ended earlier than it was to, on the account and activity that most plans are about."""
    start = draw(st.dates(date(2021, 1, 1), date(2022, 3, 31)))
    end = draw(st.one_of(st.integers(350, 700), st.integers(60, 350), st.none()))
    early = draw(st.one_of(st.integers(1, 500), st.integers(-30, 30), st.none()))
    end_on = None if end is None else start + timedelta(days=end)
    return {
        "account_id": draw(st.sampled_from(["30.46", "30.46", "30.46", "30.10"])),
        "activity_no": draw(st.sampled_from(["015009", "015009", "015009", "015010"])),
        "start_on": start,
        "end_on": end_on,
        "end_before_on": None if early is None else (end_on or start) + timedelta(days=early),
        "observed_on": draw(st.dates(date(2021, 6, 1), date(2023, 6, 30))),
        "month_dkk": draw(
            st.sampled_from([*[Decimal("10000.01"), Decimal("98765.43"), Decimal("-777.77")] * 3, None])
        ),
    }


ENDED: Row = {
    "account_id": "30.46",
    "activity_no": "015009",
    "start_on": date(2021, 1, 1),
    "end_on": date(2022, 4, 30),
    "end_before_on": None,
    "observed_on": date(2021, 12, 31),
    "month_dkk": Decimal("12345.67"),
}
"""What ended early for sure."""

budgets = st.fixed_dictionaries(
    {
        "fiscal_year": st.sampled_from([2022, 2023]),
        "frame_id": st.sampled_from(FRAMES),
        "forecast": st.integers(-(10**10), 10**11).map(lambda cents: Decimal(cents) / 100),
        "actual_to_date": st.integers(-(10**10), 10**11).map(lambda cents: Decimal(cents) / 100),
        "budget_corrected": st.none() | st.integers(0, 10**11).map(lambda cents: Decimal(cents) / 100),
    }
)


ALWAYS: Row = {
    "frame_id": "30.46",
    "fiscal_year": 2022,
    "effect_dkk": Decimal(-50_000_000),
    "start_month": 1,
    "years_ago": 0,
    "probability_pct": 90,
    "initiative_status": "RUNNING",
    "lever": "number",
    "activity_no": "015009",
}
"""What most courses are about, so that a plan seldom has nothing to show."""


def the_plan(found: list[Row]) -> list[Row]:
    return [
        {
            "extract_date": date(2022, 1, 1),
            "initiative_id": f"H{number}",
            "start_on": date(row["fiscal_year"] - row["years_ago"], row["start_month"], 1),
            **{key: value for key, value in row.items() if key not in ("start_month", "years_ago")},
        }
        for number, row in enumerate([ALWAYS, *found] if found else [])
    ]


def state(found: list[Row]) -> dict[str, list[Row]]:
    """The courses now, and as they were seen before."""
    common = {"status": "GRANTED", "is_current": True, "is_fictive": False}
    now = [
        {"course_id": str(number), **common}
        | {key: row[key] for key in ("account_id", "activity_no", "start_on", "end_on", "month_dkk")}
        for number, row in enumerate(found)
    ]
    before = [
        {"course_id": str(number), **common, "end_on": row["end_before_on"]}
        | {key: row[key] for key in ("observed_on", "start_on", "month_dkk")}
        for number, row in enumerate(found)
    ]
    return {"int_overrun__course_state": now, "stg_control__course_state_observation": before}


def tables(as_of: date, plan: list[Row], found: list[Row], overrun: list[Row]) -> dict[str, list[Row]]:
    levers = {"price_pct": Decimal("3.5"), "new_placements": Decimal(3), "delay_months": Decimal(4)}
    return {
        "stg_control__run": [{"as_of": as_of}],
        "stg_reference__frame": [{"frame_id": frame} for frame in FRAMES],
        "dim_frame": [{"frame_id": frame, "name": frame} for frame in FRAMES],
        "dim_account": [{"account_id": frame, "frame_id": frame} for frame in FRAMES],
        "stg_reference__frame_savings_target": [
            {"frame_id": "30.46", "fiscal_year": 2022, "target_dkk": Decimal(-8_000_000)}
        ],
        "stg_reference__scenario": [
            {
                "scenario_id": f"{lever} {times}",
                "frame_id": frame,
                "lever": lever,
                "value": value * times,
                "activity_no": "015009",
            }
            for frame in FRAMES
            for lever, value in levers.items()
            for times in (0, 1, 2)
        ],
        "stg_plan__savings_initiative": plan,
        "mart_overrun": [{"as_of": as_of, "year_status": "running", **row} for row in overrun],
        **state(found),
    }


@effort(max_examples=25, deadline=None)
@given(
    as_of=as_ofs,
    plan=st.lists(initiatives, max_size=8).map(the_plan),
    found=st.lists(random_course(), max_size=6).map(lambda found: [ENDED, *found]),
    overrun=st.lists(budgets, min_size=1, max_size=6),
)
def test_initiatives_sum_to_the_frame_and_a_scenario_of_0_is_the_forecast(
    statements: list[str], as_of: date, plan: list[Row], found: list[Row], overrun: list[Row]
) -> None:
    connection = build(statements, tables(as_of, plan, found, overrun))
    given = {row["initiative_id"]: row for row in plan}
    saved = rows(connection, "select * from mart_savings_initiative")
    assert {row["initiative_id"] for row in saved} == set(given)
    for row in saved:
        source = given[row["initiative_id"]]
        months = [date(row["fiscal_year"], month, 1) for month in range(1, 13)]
        months = [month for month in months if month >= source["start_on"]]
        to_come = [month for month in months if month > as_of]
        assert (row["effect_months"], row["months_to_come"]) == (len(months), len(to_come))
        counts = source["initiative_status"] not in ("DONE", "DROPPED") and source["frame_id"] in FRAMES
        share = Fraction(len(to_come), len(months)) if counts and months else Fraction(0)
        expected = oere(Fraction(source["effect_dkk"]) * source["probability_pct"] * share / 100)
        secured = min(row["secured_dkk"] or Decimal(0), Decimal(0))
        assert row["remaining_dkk"] == min(expected - secured, Decimal(0))
        assert (
            (row["realised_dkk"] is None)
            == (row["secured_dkk"] is None)
            == (row["counterfactual_da"] is None)
        )

    frames = rows(connection, "select * from mart_overrun_frame")
    assert frames
    for frame in frames:
        own = [
            row
            for row in saved
            if (row["frame_id"], row["fiscal_year"]) == (frame["frame_id"], frame["fiscal_year"])
        ]
        accounts = [
            row
            for row in overrun
            if (row["frame_id"], row["fiscal_year"]) == (frame["frame_id"], frame["fiscal_year"])
        ]
        assert frame["forecast_without_plan"] == frame["forecast"] == sum(row["forecast"] for row in accounts)
        if not plan:
            assert (
                frame["forecast_with_plan"] is frame["savings_expected"] is frame["savings_remaining"] is None
            )
            continue
        assert frame["savings_expected"] == sum(row["remaining_dkk"] for row in own)
        assert frame["forecast_with_plan"] == frame["forecast"] + frame["savings_expected"]
        for column in ("realised", "secured"):
            measured = [row[f"{column}_dkk"] for row in own if row[f"{column}_dkk"] is not None]
            assert frame[f"savings_{column}"] == (sum(measured) if measured else None)
        if frame["savings_target"] is not None:
            shown = (frame["savings_realised"] or 0) + (frame["savings_secured"] or 0)
            assert frame["savings_remaining"] == frame["savings_target"] - shown

    base = {
        row["frame_id"]: row["forecast"] if row["forecast_with_plan"] is None else row["forecast_with_plan"]
        for row in frames
        if row["fiscal_year"] == as_of.year
    }
    scenarios = {
        (row["frame_id"], row["scenario_id"]): row
        for row in rows(connection, "select * from mart_overrun_scenario")
    }
    assert {frame for frame, _ in scenarios} == set(base)
    for (frame_id, name), row in scenarios.items():
        lever, times = name.split(" ")
        if row["effect_dkk"] is None:
            assert row["forecast"] is row["base_dkk"] is None
            continue
        assert row["base_forecast"] == base[frame_id]
        assert row["forecast"] == base[frame_id] + row["effect_dkk"]
        if times == "0":
            assert row["forecast"] == base[frame_id]
        once = scenarios[frame_id, f"{lever} 1"]["effect_dkk"]
        if lever == "delay_months":
            assert 0 <= row["effect_dkk"] <= -row["base_dkk"]
        else:
            assert abs(row["effect_dkk"] - int(times) * once) <= Decimal("0.01")


@effort(max_examples=25, deadline=None)
@given(
    as_of=as_ofs,
    start_month=st.dates(date(2021, 8, 1), date(2022, 12, 1)).map(lambda day: day.replace(day=1)),
    year=st.sampled_from([2022, 2023]),
    found=st.lists(random_course(), max_size=6).map(lambda found: [ENDED, *found]),
)
def test_ended_courses_are_counted_day_by_day(
    statements: list[str], as_of: date, start_month: date, year: int, found: list[Row]
) -> None:
    plan = [
        {
            "extract_date": date(2022, 1, 1),
            "initiative_id": "H01",
            "fiscal_year": year,
            "frame_id": "30.46",
            "effect_dkk": Decimal(-1),
            "start_on": start_month,
            "probability_pct": 100,
            "initiative_status": "RUNNING",
            "lever": "number",
            "activity_no": "015009",
        }
    ]
    connection = build(statements, tables(as_of, plan, found, []))
    shown = {
        row["course_id"]: (row["realised_dkk"], row["secured_dkk"])
        for row in rows(connection, "select * from int_overrun__initiative_course")
    }
    by_hand = {}
    for number, course in enumerate(found):
        end, before = course["end_on"], course["end_before_on"] or date.max
        if (course["account_id"], course["activity_no"]) != ("30.46", "015009") or start_month > as_of:
            continue
        if end is None or end < start_month - timedelta(days=1) or course["start_on"] >= start_month:
            continue
        year_days = [date(year, 1, 1) + timedelta(days=day) for day in range(365)]
        gone = [day for day in year_days if end < day <= before]
        if not gone or course["month_dkk"] is None:
            continue
        day_dkk = Fraction(course["month_dkk"]) * 12 / 365
        to_date = sum(day <= as_of for day in gone)
        by_hand[str(number)] = (oere(-day_dkk * to_date), oere(-day_dkk * (len(gone) - to_date)))
    assert shown == by_hand
