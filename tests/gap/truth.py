"""What was planted in the shared extracts, and what the gap rules found of it."""

import csv
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

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
