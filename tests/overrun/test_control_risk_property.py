"""The control risk against its formula on random accounts: more of a factor never lowers an account's place.

All data are synthetic.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cache
from math import isclose
from typing import Any

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rendered import fill, warehouse

MONEY = "decimal(18, 2)"
TABLES = {
    "stg_control__run": "as_of date",
    "mart_overrun": (
        f"fiscal_year int, account_id varchar, frame_id varchar, budget_corrected {MONEY}, forecast {MONEY}, "
        f"actual_expenditure {MONEY}, actual_income {MONEY}"
    ),
    "int_control_risk__volatility": (
        "account_id varchar, is_income boolean, months bigint, volatility decimal(18, 4)"
    ),
    "int_ledger__period": "fiscal_year int, month date, is_closed boolean",
    "mart_registration_gap": (
        "gap_id varchar, status varchar, account_id varchar, course_id varchar, posting_id varchar, "
        f"amount_dkk {MONEY}"
    ),
    "fct_posting": "posting_id varchar, account_id varchar, fiscal_year int, is_income boolean",
    "dim_course": "course_id varchar, account_id varchar",
    "stg_reference__control_risk_weight": (
        "factor varchar, weight decimal(9, 4), floor_value decimal(18, 4), fallback_value decimal(18, 4)"
    ),
    "stg_reference__control_risk_class": (
        "risk_class varchar, risk_class_da varchar, from_pct decimal(9, 2), follow_up_rhythm varchar, "
        "follow_up_rhythm_da varchar, valid_from date, valid_to date"
    ),
}
CLASSES = [("high", 0, "weekly"), ("medium", 20, "monthly"), ("low", 50, "quarterly")]


@dataclass(frozen=True)
class Account:
    """Whole kroner of money, the volatility, and whole kroner of open gaps."""

    money: int
    volatility: Decimal | None
    gap: int

    @property
    def share(self) -> float:
        return min(round(self.gap / self.money, 4), 1) if self.money else float(self.gap > 0)


ACCOUNTS = st.lists(
    st.builds(
        Account,
        money=st.sampled_from([0, 100, 20_000, 10**6, 3 * 10**7]),
        volatility=st.one_of(st.none(), st.decimals(0, 4, places=2)),
        gap=st.sampled_from([0, 10, 5_000, 10**6]),
    ),
    min_size=1,
    max_size=9,
)
WEIGHTS = st.tuples(*[st.sampled_from([Decimal("0"), Decimal("0.5"), Decimal("1")])] * 3)
FLOORS = (0, 0.05, 0.01)


@cache
def model() -> duckdb.DuckDBPyConnection:
    return warehouse(TABLES, "mart_control_risk")


def ranked(accounts: list[Account], weights: tuple[Decimal, ...]) -> dict[int, dict[str, Any]]:
    """The model's rows by the account's number."""
    fill(
        model(),
        {
            "stg_control__run": [(date(2022, 6, 30),)],
            "int_ledger__period": [(2022, date(2022, 1, 1), True)],
            "mart_overrun": [
                (2022, str(number), "F", 0, account.money, account.money, 0)
                for number, account in enumerate(accounts)
            ],
            "int_control_risk__volatility": [
                (str(number), False, 12, account.volatility) for number, account in enumerate(accounts)
            ],
            "mart_registration_gap": [
                (f"g{number}", "open", str(number), None, None, account.gap)
                for number, account in enumerate(accounts)
            ],
            "stg_reference__control_risk_weight": [
                (factor, weight, floor, 1 if factor == "volatility" else None)
                for factor, weight, floor in zip(
                    ("money", "volatility", "open_gap_share"), weights, FLOORS, strict=True
                )
            ],
            "stg_reference__control_risk_class": [
                (name, name, start, rhythm, rhythm, date(2015, 1, 1), None) for name, start, rhythm in CLASSES
            ],
        },
    )
    cursor = model().execute("select * from mart_control_risk")
    names = [column[0] for column in cursor.description or []]
    records = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return {int(record["account_id"]): record for record in records}


@settings(max_examples=40, deadline=None)
@given(ACCOUNTS, WEIGHTS, st.data())
def test_more_risk_never_lowers_the_place(
    accounts: list[Account], weights: tuple[Decimal, ...], data: st.DataObject
) -> None:
    before = ranked(accounts, weights)
    assert sorted(row["risk_rank"] for row in before.values()) == list(range(1, len(accounts) + 1))
    for number, account in enumerate(accounts):
        row = before[number]
        volatility = 1 if account.volatility is None else float(account.volatility)
        values = (account.money, volatility, account.share)
        score = 1.0
        for value, floor, weight in zip(values, FLOORS, weights, strict=True):
            score *= max(value, floor) ** float(weight)
        assert isclose(row["score"], score, rel_tol=1e-9, abs_tol=0.0051)
        above = Decimal((row["risk_rank"] - 1) * 100) / len(accounts)
        assert row["risk_class"] == [name for name, start, _ in CLASSES if above >= start][-1]

    number = data.draw(st.integers(0, len(accounts) - 1), label="account")
    account = accounts[number]
    for more in (
        # the share stays as it is
        replace(account, money=account.money * 3, gap=account.gap * 3),
        replace(account, volatility=account.volatility and account.volatility + Decimal("0.5")),
        replace(account, gap=account.gap * 2 + 7),
    ):
        after = ranked([*accounts[:number], more, *accounts[number + 1 :]], weights)
        assert after[number]["risk_rank"] <= before[number]["risk_rank"]
        assert after[number]["score"] >= before[number]["score"]
