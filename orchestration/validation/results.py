"""What a validation found: counts and names only, never a value of a row.

Belongs here: the result models and their one-line rendering. Does not: Great Expectations.
"""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

Severity = Literal["critical", "warning"]
Subject = Literal["lake", "marts"]


class ExpectationOutcome(BaseModel):
    """One expectation on one table."""

    model_config = ConfigDict(frozen=True)

    table: str
    """`schema.table`"""
    expectation: str
    """Kobling's short name of it: `not_null`, `unique`, `control_totals_equal`, …"""
    columns: list[str]
    severity: Severity
    success: bool
    unexpected_count: int
    """Rows that do not hold it; of an equation over groups, the groups."""
    element_count: int | None = None
    """Rows looked at, where the expectation goes row by row."""
    description_da: str
    why_da: str
    harms: list[str]
    """Published tables that a failure would make wrong."""
    sql: str | None = None
    """The query that must find nothing, for whoever looks the rows up in the private build."""

    @property
    def line(self) -> str:
        """One line for a refusal or a log: which expectation, on which table, how many rows."""
        on = f" ({', '.join(self.columns)})" if self.columns and len(self.columns) <= 4 else ""
        rows = "row" if self.unexpected_count == 1 else "rows"
        return f"{self.expectation}{on} on {self.table}: {self.unexpected_count} {rows}"


class ValidationResult(BaseModel):
    """The outcomes of one subject's suites on one build."""

    model_config = ConfigDict(frozen=True)

    subject: Subject
    outcomes: list[ExpectationOutcome]

    @property
    def critical_failures(self) -> list[ExpectationOutcome]:
        """What holds the publication back."""
        return [
            outcome for outcome in self.outcomes if not outcome.success and outcome.severity == "critical"
        ]

    @property
    def warnings(self) -> list[ExpectationOutcome]:
        """What is published with a flag."""
        return [outcome for outcome in self.outcomes if not outcome.success and outcome.severity == "warning"]

    @property
    def refusal(self) -> str | None:
        """The gate's one line, naming the first three failures; `None` where nothing critical failed."""
        return refusal_line(self.critical_failures)

    def save(self, path: Path) -> None:
        """Writes the result as JSON."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.model_dump_json(indent=1), encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> "ValidationResult":
        """Reads what `save` wrote."""
        return cls.model_validate_json(path.read_text(encoding="utf-8"))


def refusal_line(failures: list[ExpectationOutcome]) -> str | None:
    """One line for any number of critical failures."""
    if not failures:
        return None
    named = "; ".join(outcome.line for outcome in failures[:3])
    more = f"; and {len(failures) - 3} more" if len(failures) > 3 else ""
    return f"the gate refuses this build: {named}{more}"
