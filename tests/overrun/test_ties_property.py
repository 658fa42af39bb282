"""Random ledgers, budgets and frame seeds: every krone is in one row at every level, to the øre.

The models' SQL and the gate's equations are rendered without dbt (their macros need only `ref` and `var`) and run in
memory; beside them the years are summed by hand. All data here are synthetic.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rendered import select

MODELS = [
    "int_account__rule",
    "int_account__year",
    "dim_account",
    "dim_frame",
    "int_ledger__period",
    "int_ledger__budget",
    "int_overrun__line",
    "int_overrun__course",
    "int_overrun__account",
    "mart_overrun",
    "mart_overrun_frame",
    "mart_overrun_month",
]
EQUATIONS = ["assert_overrun_holds_every_posting_once", "assert_overrun_holds_every_budget_once"]
RULES_AGREE = "assert_account_rules_agree"

Row = dict[str, Any]

# What the models read: the columns that they use, and no others.
INPUTS = {
    "stg_control__run": "as_of date, previous_as_of date",
    "stg_control__delivery_file": "entity varchar",
    "stg_reference__account": (
        "account_id varchar, account_name varchar, is_activity_account boolean, is_person_account boolean"
    ),
    "stg_reference__account_function": "function_no varchar, name varchar",
    "stg_reference__activity_category": "category_no varchar, name varchar",
    "int_account__resolved": "source_account varchar, section_id varchar, account_id varchar",
    "stg_reference__frame": (
        "frame_id varchar, name varchar, valid_from date, valid_to date, is_fallback boolean, "
        "forecast_method varchar, is_assumption boolean"
    ),
    "stg_reference__frame_account_rule": (
        "rule_no integer, frame_id varchar, account_pattern varchar, except_pattern varchar, "
        "valid_from date, valid_to date"
    ),
    "stg_reference__service_frame_rule": (
        "rule_no integer, is_service_frame boolean, account_pattern varchar, except_pattern varchar, "
        "dranst_no varchar, valid_from date, valid_to date"
    ),
    "stg_reference__period_close": "fiscal_year integer, period_no integer, closed_on date",
    "stg_reference__frame_savings_target": (
        "frame_id varchar, fiscal_year integer, target_dkk decimal(18, 2)"
    ),
    "fct_posting": (
        "posting_id varchar, fiscal_year integer, period_no integer, posted_on date, account_id varchar, "
        "amount_dkk decimal(18, 2), is_income boolean, is_balance boolean, service_month date"
    ),
    "stg_ledger__budget": (
        "source_system varchar, extract_date date, fiscal_year integer, source_account_string varchar, "
        "source_account varchar, original_budget_dkk decimal(18, 2), "
        "supplementary_budget_dkk decimal(18, 2), corrected_budget_dkk decimal(18, 2), decided_on date"
    ),
    "fct_posting_match": (
        "posting_id varchar, course_id varchar, course_payment_id varchar, allocated_dkk decimal(18, 2)"
    ),
    "fct_course_payment": (
        "course_payment_id varchar, course_id varchar, account_id varchar, planned_on date, "
        "planned_month date, granted_dkk decimal(18, 2), left_dkk decimal(18, 2), is_internal boolean, "
        "is_current boolean, is_fictive boolean"
    ),
    "int_gap__implausible_payment": "course_payment_id varchar, course_id varchar",
    "int_gap__price_hold": "course_id varchar, is_confirmed boolean",
    "int_overrun__pipeline": (
        "account_id varchar, course_id varchar, expected_course_id varchar, planned_on date, "
        "amount_dkk decimal(18, 2), is_stale boolean"
    ),
    "int_overrun__inflow": "account_id varchar, net_inflow_dkk decimal(18, 2)",
    "int_overrun__full_year": "account_id varchar, month date, full_year_effect decimal(18, 2)",
    "mart_savings_initiative": (
        "fiscal_year integer, frame_id varchar, status varchar, planned_dkk decimal(18, 2), "
        "realised_dkk decimal(18, 2), secured_dkk decimal(18, 2), remaining_dkk decimal(18, 2)"
    ),
}

ACCOUNTS = ["528211002-015209", "528211017-015201", "528202003-015195", "645511002-015300", "UKENDT", "x-1"]
PATTERNS = ["^5282", "^52821", "^[0-9]{6}017(-|$)", "^645", "^5", "."]
FRAMES = ["30.46", "30.10", "UDEN"]

days = st.dates(date(2020, 12, 1), date(2023, 2, 28))
money = st.integers(-(10**7), 10**7).map(lambda oere: Decimal(oere) / 100)
maybe_day = st.none() | days
period = st.fixed_dictionaries({"valid_from": days, "valid_to": maybe_day})
rule = st.fixed_dictionaries(
    {
        "account_pattern": st.sampled_from(PATTERNS),
        "except_pattern": st.sampled_from([None, None, *PATTERNS]),
        "frame_id": st.sampled_from(FRAMES),
        "is_service_frame": st.booleans(),
        "dranst_no": st.sampled_from([None, None, "1", "2"]),
        "valid_from": days,
        "valid_to": maybe_day,
    }
)
posting = st.fixed_dictionaries(
    {
        "fiscal_year": st.integers(2021, 2022),
        "period_no": st.integers(0, 14),
        "posted_on": days,
        "account_id": st.sampled_from(ACCOUNTS),
        "amount_dkk": money,
        "is_income": st.booleans(),
        "is_balance": st.sampled_from([False, False, False, True]),
        "service_month": st.none() | days.map(lambda day: day.replace(day=1)),
        "share": st.none() | money,
    }
)
budget = st.fixed_dictionaries(
    {
        "extract_date": days,
        "fiscal_year": st.integers(2021, 2023),
        "source_account_string": st.sampled_from([f"{no}-{name}-" for no in (1, 2) for name in ACCOUNTS]),
        "original_budget_dkk": money,
        "supplementary_budget_dkk": st.none() | money,
        "corrected_budget_dkk": money,
        "decided_on": maybe_day,
    }
)
close = st.fixed_dictionaries(
    {"fiscal_year": st.integers(2021, 2022), "period_no": st.integers(11, 14), "closed_on": days}
)


@cache
def sql_of() -> tuple[dict[str, str], dict[str, str]]:
    """The models' queries and the gate's, by name."""
    models = {name: select(name) for name in MODELS}
    tests = {name: select(name) for name in [*EQUATIONS, RULES_AGREE]}
    return models, tests


def insert(connection: duckdb.DuckDBPyConnection, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
    names = [column.strip().split(" ")[0] for column in INPUTS[table].split(", ") if not column[0].isdigit()]
    names = [name for name in names if not name.endswith(")")]
    values = [tuple(row.get(name) for name in names) for row in rows]
    if values:
        marks = ", ".join("?" for _ in names)
        connection.executemany(f"insert into {table} ({', '.join(names)}) values ({marks})", values)


def built(
    as_of: date,
    rules: Sequence[Row],
    postings: Sequence[Row] = (),
    budgets: Sequence[Row] = (),
    closes: Sequence[Row] = (),
    last: str = MODELS[-1],
) -> duckdb.DuckDBPyConnection:
    """The models up to `last` over one random world."""
    connection = duckdb.connect(config={"threads": 1})
    for table, columns in INPUTS.items():
        connection.execute(f"create table {table} ({columns})")
    insert(connection, "stg_control__run", [{"as_of": as_of, "previous_as_of": as_of - timedelta(days=30)}])
    insert(
        connection, "stg_control__delivery_file", [{"entity": name} for name in ("posting", "course_payment")]
    )
    insert(connection, "stg_reference__account", [{"account_id": name} for name in ACCOUNTS[:3]])
    insert(
        connection,
        "int_account__resolved",
        [{"source_account": name, "account_id": name} for name in ACCOUNTS],
    )
    insert(
        connection,
        "stg_reference__frame",
        [
            {
                "frame_id": name,
                "valid_from": date(2015, 1, 1),
                # a frame that ends leaves its accounts to the fallback
                "valid_to": date(2021, 12, 31) if name == "30.10" else None,
                "is_fallback": name == "UDEN",
                "forecast_method": "forecast_activity",
            }
            for name in FRAMES
        ],
    )
    numbered = [{**row, "rule_no": number} for number, row in enumerate(rules)]
    insert(connection, "stg_reference__frame_account_rule", numbered)
    insert(connection, "stg_reference__service_frame_rule", numbered)
    seen = {(row["fiscal_year"], row["period_no"]): row for row in closes}
    insert(connection, "stg_reference__period_close", seen.values())
    lines = [{**row, "posting_id": str(number)} for number, row in enumerate(postings)]
    insert(connection, "fct_posting", lines)
    for name in ("int_ledger__posting", "stg_ledger__posting"):
        connection.execute(f"create view {name} as select * from fct_posting")
    insert(
        connection,
        "fct_course_payment",
        [
            {
                "course_payment_id": f"c/{account}",
                "course_id": "c",
                "account_id": account,
                "planned_on": as_of + timedelta(days=3),
                "planned_month": (as_of + timedelta(days=3)).replace(day=1),
                "granted_dkk": Decimal(50),
                "left_dkk": Decimal(20),
                "is_internal": False,
                "is_current": True,
                "is_fictive": False,
            }
            for account in ACCOUNTS[:2]
        ],
    )
    insert(
        connection,
        "fct_posting_match",
        [
            {
                "posting_id": row["posting_id"],
                "course_id": "c",
                "course_payment_id": f"c/{ACCOUNTS[0]}",
                "allocated_dkk": row["share"],
            }
            for row in lines
            if row["share"] is not None
        ],
    )
    # an account string stands once in a file
    once = {(row["extract_date"], row["fiscal_year"], row["source_account_string"]): row for row in budgets}
    insert(
        connection,
        "stg_ledger__budget",
        [
            {**row, "source_system": "ledger", "source_account": row["source_account_string"][2:-1]}
            for row in once.values()
            if row["extract_date"] <= as_of
        ],
    )
    for name, sql in sql_of()[0].items():
        connection.execute(f"create table {name} as {sql}")
        if name == last:
            break
    return connection


@settings(max_examples=15, deadline=None)
@given(
    as_of=st.dates(date(2021, 11, 30), date(2022, 12, 31)),
    rules=st.lists(rule, max_size=5),
    postings=st.lists(posting, max_size=25),
    budgets=st.lists(budget, max_size=15),
    closes=st.lists(close, max_size=3),
)
def test_every_krone_is_in_one_row_at_every_level(
    as_of: date, rules: list[Row], postings: list[Row], budgets: list[Row], closes: list[Row]
) -> None:
    connection = built(as_of, rules, postings, budgets, closes)
    for name in EQUATIONS:
        assert connection.execute(sql_of()[1][name]).fetchall() == [], name

    by_hand: Counter[tuple[int, bool]] = Counter()
    for row in postings:
        if not row["is_balance"] and row["posted_on"] <= as_of:
            by_hand[row["fiscal_year"], row["is_income"]] += row["amount_dkk"]
    in_mart: Counter[tuple[int, bool]] = Counter()
    for year, expenditure, income in connection.execute(
        "select fiscal_year, actual_expenditure, actual_income from mart_overrun"
    ).fetchall():
        in_mart[year, False] += expenditure
        in_mart[year, True] += income
    assert {key: value for key, value in in_mart.items() if value} == {
        key: value for key, value in by_hand.items() if value
    }

    wrong = connection.execute(
        """
        select count(*)
        from mart_overrun
        where frame_id is null
            or actual_to_date <> actual_expenditure + actual_income
            or budget_corrected <> budget_original + budget_supplementary + budget_transfer
            or (budget_corrected <= 0 and expected_overrun_pct is not null)
            or (forecast is null and budget_corrected is not null)
        """
    ).fetchone()
    assert wrong == (0,)
    connection.close()


@settings(max_examples=15, deadline=None)
@given(first=rule, second=rule)
def test_two_rules_that_disagree_on_a_day_are_named(first: Row, second: Row) -> None:
    connection = built(date(2022, 6, 30), [first, second], last="int_account__rule")
    found = connection.execute(sql_of()[1][RULES_AGREE]).fetchall()
    claims = connection.execute(
        """
        select kind, rule_no, account_id, outcome, valid_from, coalesce(valid_to, date '9999-12-31')
        from int_account__rule
        """
    ).fetchall()
    competing = {
        kind
        for kind, number, account, outcome, start, end in claims
        for other_kind, other_number, other_account, other_outcome, other_start, other_end in claims
        if (kind, account) == (other_kind, other_account)
        and number < other_number
        and outcome != other_outcome
        # a day on which both are in force
        and max(start, other_start) <= min(end, other_end)
    }
    seeds = {"frame": "frame_account_rule", "service_frame": "service_frame_rule"}
    assert {row[0] for row in found} == {seeds[kind] for kind in competing}
    for row in found:
        assert row[1:3] == (0, 1)
        assert "rules 0 (" in row[-1] and ") and 1 (" in row[-1]
    connection.close()
