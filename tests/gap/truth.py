"""What was planted in the shared extracts, and what the gap rules found of it."""

import csv
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.home import Home

AS_OF = "2022-06-30"
FOUND = 0.95


@dataclass(frozen=True)
class Planted:
    """An error of the truth: `course_id` is empty where a case was spoilt."""

    kind: str
    case_sbsys_id: str = field(repr=False)
    course_id: str
    planted_on: date


def planted(shared_data: Path, kind: str) -> list[Planted]:
    """What was planted of a kind, also what was mended or deleted again."""
    with (shared_data / "truth" / "planted_bos.csv").open(encoding="utf-8") as handle:
        return [
            Planted(kind, row["case"], row["payment_id"], date.fromisoformat(row["planted_on"]))
            for row in csv.DictReader(handle)
            if row["kind"] == kind
        ]


def missed(home: Home, rule_id: str, errors: list[Planted]) -> list[Planted]:
    """What a rule has never seen, in the whole history of its gaps.

    A gap of a child or of a pair of courses names one of them: the case finds it too.
    """
    courses = {
        course
        for (course,) in home.query(
            AS_OF, f"select course_id from marts.mart_registration_gap where rule_id = '{rule_id}'"
        )
    }
    cases = {
        case
        for (cases,) in home.query_steward(
            AS_OF,
            "select case_sbsys_id from steward_registration_gap "
            f"where rule_id = '{rule_id}' and case_sbsys_id is not null",
        )
        for case in cases.split(", ")
    }
    return [error for error in errors if error.course_id not in courses and error.case_sbsys_id not in cases]


@dataclass(frozen=True)
class Posting:
    """A ledger line of the truth: the courses that it pays for, and its defect (`ok` for none)."""

    posting_id: str
    course_ids: tuple[str, ...]
    service_month: str
    defect: str
    planned_dkk: Decimal
    posted_dkk: Decimal
    is_deleted_in_bos: bool
    related_posting_id: str

    @property
    def is_outside_tolerance(self) -> bool:
        """By more than the larger of 10 % and 1,000 kr., as rule A06 counts."""
        deviation = abs(self.posted_dkk - self.planned_dkk)
        return deviation > max(abs(self.planned_dkk) / 10, Decimal(1000))


def truth_postings(home: Home, shared_data: Path) -> list[Posting]:
    """The truth of every ledger line that the deliveries up to the as-of date have."""
    delivered = {posting for (posting,) in home.query(AS_OF, "select posting_id from marts.fct_posting")}
    with (shared_data / "truth" / "ledger_truth.csv").open(encoding="utf-8") as handle:
        return [
            Posting(
                row["posting_id"],
                tuple(filter(None, row["bos_payment_schedule_payment_id"].split("|"))),
                row["service_month"],
                row["defect"],
                Decimal(row["true_bos_amount"] or 0),
                Decimal(row["posted_amount"]),
                bool(row["deleted_in_bos"]),
                row["related_posting_id"],
            )
            for row in csv.DictReader(handle)
            if row["posting_id"] in delivered
        ]


def never_posted(shared_data: Path, reason: str, until: date) -> dict[str, set[str]]:
    """Per course the months of its payments planned up to a day that have no posting for a reason."""
    months: dict[str, set[str]] = {}
    with (shared_data / "truth" / "ledger_missing.csv").open(encoding="utf-8") as handle:
        for row in csv.DictReader(handle):
            if row["reason"] == reason and date.fromisoformat(row["date"]) <= until:
                months.setdefault(row["bos_payment_schedule_payment_id"], set()).add(row["date"][:7])
    return months


def seen(home: Home, rule_id: str, *columns: str) -> set[tuple[Any, ...]]:
    """What the gaps of a rule name, in the whole history of its gaps."""
    return set(
        home.query(
            AS_OF, f"select {', '.join(columns)} from marts.mart_registration_gap where rule_id = '{rule_id}'"
        )
    )
