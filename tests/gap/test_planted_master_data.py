"""Errors planted in prices and master data are found by their rules, on the shared extracts end to end."""

import csv
from datetime import date
from pathlib import Path

import pytest

from tests.gap.truth import AS_OF, FOUND, missed, planted
from tests.home import Home

pytestmark = [pytest.mark.shared, pytest.mark.slow]


@pytest.mark.parametrize(
    ("kind", "rule_id"),
    [
        ("child_in_two_cases", "D18"),
        ("implausible_price", "D16"),
        ("wrong_cvr", "D04"),
        ("zero_price_period", "D17"),
    ],
)
def test_what_is_wrong_is_found(home: Home, shared_data: Path, kind: str, rule_id: str):
    due = planted(shared_data, kind)
    assert due
    assert len(missed(home, rule_id, due)) <= len(due) * (1 - FOUND), missed(home, rule_id, due)


def test_impossible_cpr_numbers_are_found(home: Home, shared_data: Path):
    """A wrong number that could be somebody's contradicts nothing in the deliveries: no rule can see it."""
    with (shared_data / "truth" / "planted_bos.csv").open(encoding="utf-8") as handle:
        impossible = {
            row["case"]
            for row in csv.DictReader(handle)
            if row["kind"] == "wrong_cpr" and not is_possible(row["cpr"])
        }
    due = [error for error in planted(shared_data, "wrong_cpr") if error.case_sbsys_id in impossible]
    assert due
    assert len(missed(home, "D01", due)) <= len(due) * (1 - FOUND)


@pytest.mark.parametrize(
    ("kind", "rule_id"),
    [("child_in_two_cases", "D18"), ("implausible_price", "D16"), ("zero_price_period", "D17")],
)
def test_nothing_else_is_found(home: Home, shared_data: Path, kind: str, rule_id: str):
    """These rules have no business on lawful practice: one other hit for each ten planted is still bearable."""
    [(hits,)] = home.query(
        AS_OF,
        f"select count(*) from marts.mart_registration_gap where rule_id = '{rule_id}' and status <> 'closed'",
    )
    due = planted(shared_data, kind)
    assert hits <= len(due) * 1.1


def is_possible(cpr: str) -> bool:
    """Ten digits with a day and a month that some year has; day + 60 is a replacement number."""
    if len(cpr) != 10:
        return False
    day, month = int(cpr[:2]), int(cpr[2:4])
    try:
        return bool(date(2000, month, day - 60 if day > 60 else day))
    except ValueError:
        return False
