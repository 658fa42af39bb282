"""The validation report: one Danish page that says what the gate tried and what it found.

Belongs here: what the page shows and the control totals it needs. Does not: its looks (publish/templates), the
sentences of checks (expectations/sentences). Great Expectations and dbt each check a part; the page has one list.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import duckdb

from expectations import sentences
from expectations.control_totals import PERIOD_TOTALS, YEAR_TOTALS
from orchestration.templating import render
from orchestration.validation.results import ExpectationOutcome, ValidationResult

if TYPE_CHECKING:
    from orchestration.publish.dbt_artifacts import DbtTest, TableDoc
    from orchestration.publish.manifest import DeliveryEntry

Status = Literal["failed", "warning", "skipped", "passed"]
STATUSES: tuple[Status, ...] = ("failed", "warning", "skipped", "passed")

# The subjects in the reader's order, each with the folders of models that speak of it.
SUBJECTS = {
    "Leverede data": ("lake", "staging"),
    "Stamdata": ("seed", "reference"),
    "Forløb, betalinger og posteringer": ("core", "bos", "ledger", "account"),
    "Koblinger mellem økonomi og forløb": ("matching",),
    "Merforbrug": ("overrun",),
    "Enhedspriser": ("unit_price",),
    "Registreringsmangler": ("gap", "registration_gap", "steward"),
    "Kørslen": ("control", "run_status"),
}
OTHER = "Beregnede tabeller"
_SUBJECT_OF = {folder: subject for subject, folders in SUBJECTS.items() for folder in folders}


@dataclass(frozen=True)
class Check:
    """One check, or several alike that passed, in the reader's words."""

    subject: str
    table: str
    sentence: str
    status: Status
    is_critical: bool
    rows: int
    """Rows that do not hold it."""
    of: int | None
    why: str
    harms: tuple[str, ...]
    by: str
    """The tool, and what it calls the check."""
    number: int = 1
    columns: tuple[str, ...] = ()
    sql: str | None = None


@dataclass(frozen=True)
class Subject:
    """A subject's checks, counted and by table."""

    name: str
    tables: dict[str, list[Check]] = field(default_factory=dict)

    @property
    def checks(self) -> list[Check]:
        """All of them."""
        return [check for checks in self.tables.values() for check in checks]

    @property
    def harms(self) -> list[str]:
        """Published tables that a failure would make wrong."""
        return sorted({table for check in self.checks for table in check.harms})


def count(checks: Sequence[Check], status: Status | None = None) -> int:
    """Checks of a status, or all."""
    return sum(check.number for check in checks if status in (None, check.status))


@dataclass(frozen=True)
class PeriodTotal:
    """The ledger lines of a fiscal year and period, in kr., at each station, without the balance side.

    `file_dkk` is `None` where a file holds several periods.
    """

    fiscal_year: int
    period_no: int
    file_dkk: Decimal | None
    lake_dkk: Decimal
    fact_dkk: Decimal

    @property
    def agrees(self) -> bool:
        """Equal to the øre."""
        return self.lake_dkk == self.fact_dkk and self.file_dkk in (None, self.lake_dkk)


@dataclass(frozen=True)
class YearTotal:
    """A fiscal year's ledger lines, in kr., at each station, without the balance side."""

    fiscal_year: int
    file_dkk: Decimal | None
    lake_dkk: Decimal
    fact_dkk: Decimal
    counted_dkk: Decimal
    """Of the fact: posted up to the as-of date."""
    mart_dkk: Decimal

    @property
    def agrees(self) -> bool:
        """Equal to the øre."""
        return (
            self.lake_dkk == self.fact_dkk
            and self.file_dkk in (None, self.lake_dkk)
            and self.counted_dkk == self.mart_dkk
        )


def control_totals(database: Path) -> tuple[list[YearTotal], list[PeriodTotal]]:
    """The ledger's control totals of a build with marts, by year and by period."""
    with duckdb.connect(str(database), read_only=True) as connection:
        connection.execute("set enable_progress_bar = false")
        periods = [
            PeriodTotal(*row[:5])
            for row in connection.execute(f"from ({PERIOD_TOTALS}) order by 1, 2").fetchall()
        ]
        counted = {
            year: (fact, mart) for year, fact, mart in connection.execute(f"from ({YEAR_TOTALS})").fetchall()
        }
    of_year = {year: list(group) for year, group in groupby(periods, key=lambda period: period.fiscal_year)}
    years = []
    for year in sorted(of_year.keys() | counted.keys()):
        group = of_year.get(year, [])
        files = [period.file_dkk for period in group]
        years.append(
            YearTotal(
                fiscal_year=year,
                file_dkk=None
                if None in files
                else sum((file for file in files if file is not None), Decimal(0)),
                lake_dkk=sum((period.lake_dkk for period in group), Decimal(0)),
                fact_dkk=sum((period.fact_dkk for period in group), Decimal(0)),
                counted_dkk=counted.get(year, (Decimal(0), Decimal(0)))[0],
                mart_dkk=counted.get(year, (Decimal(0), Decimal(0)))[1],
            )
        )
    return years, periods


def validation_page(
    as_of: date,
    validations: Sequence[ValidationResult],
    deliveries: Sequence["DeliveryEntry"],
    tests: Sequence["DbtTest"] = (),
    totals: tuple[list[YearTotal], list[PeriodTotal]] = ([], []),
    publication_id: str | None = None,
    docs: Mapping[str, "TableDoc"] | None = None,
) -> str:
    """The report as one HTML page; also of a build that the gate refused (`publication_id` is `None`)."""
    folders = {name: doc.folder for name, doc in (docs or {}).items()}
    checks = [
        _expectation(outcome, folders) for validation in validations for outcome in validation.outcomes
    ] + [_test(test) for test in tests]
    return render(
        "validation.html.j2",
        root="../",
        here="validation/index.html",
        as_of=as_of,
        publication_id=publication_id,
        checks=checks,
        count=count,
        listed=sentences.listed,
        attention=[check for status in ("failed", "warning") for check in checks if check.status == status],
        subjects=_subjects(checks),
        deliveries=sorted(deliveries, key=lambda entry: (-entry.extract_date.toordinal(), entry.source)),
        years=totals[0],
        periods=totals[1],
    )


def _expectation(outcome: ExpectationOutcome, folders: Mapping[str, str]) -> Check:
    schema, table = outcome.table.split(".")
    failed: Status = "failed" if outcome.severity == "critical" else "warning"
    return Check(
        subject=_SUBJECT_OF.get(schema) or _SUBJECT_OF.get(folders.get(table, ""), OTHER),
        table=outcome.table if schema == "lake" else table,
        sentence=outcome.description_da,
        status="passed" if outcome.success else failed,
        is_critical=outcome.severity == "critical",
        rows=outcome.unexpected_count,
        of=outcome.element_count,
        why=outcome.why_da,
        harms=tuple(outcome.harms),
        by=f"Great Expectations: {outcome.expectation}",
        columns=tuple(outcome.columns),
        # whoever mends a failure wants the query; of a check that holds it is noise
        sql=None if outcome.success else outcome.sql,
    )


def _test(test: "DbtTest") -> Check:
    named: dict[str, Status] = {"pass": "passed", "warn": "warning", "skipped": "skipped"}
    status = named.get(test.status, "failed")
    # a generic test's own name is long, and only who mends a failure wants it
    is_generic = test.columns and status == "passed"
    return Check(
        subject=_SUBJECT_OF.get(test.folder, OTHER),
        table=test.table or "flere tabeller",
        sentence=_sentence(test),
        status=status,
        is_critical=test.status != "warn",
        rows=test.failures,
        of=None,
        why=sentences.WHY.get(test.what, ""),
        harms=tuple(test.harms),
        by=f"dbt: {test.what if is_generic else test.name}",
        columns=tuple(test.columns),
    )


def _sentence(test: "DbtTest") -> str:
    match test.what:
        case "not_null" | "never_null":
            return sentences.filled(test.columns)
        case "unique" | "unique_combination":
            return sentences.different(test.columns)
        case "accepted_values":
            return sentences.one_of(test.columns[0], test.values)
        case "relationships":
            return sentences.known(test.columns[0], test.to)
        case "unit_test":
            return sentences.examples(1)
    return test.description or test.name


def _subjects(checks: Sequence[Check]) -> list[Subject]:
    """The subjects in order, and in each the tables, those with failures first."""
    found = {name: Subject(name) for name in (*SUBJECTS, OTHER)}
    ordered = sorted(checks, key=lambda check: (STATUSES.index(check.status), check.table))
    for check in ordered:
        found[check.subject].tables.setdefault(check.table, []).append(check)
    for subject in found.values():
        for table, of_table in subject.tables.items():
            subject.tables[table] = _together(of_table)
    return [subject for subject in found.values() if subject.tables]


def _together(checks: Sequence[Check]) -> list[Check]:
    """Filled columns, and examples of one formula, that all passed for the same reason are one line."""
    lines: dict[tuple[object, ...], Check] = {}
    for check in checks:
        filled = check.sentence == sentences.filled(check.columns) if check.columns else False
        example = check.sentence == sentences.examples(1)
        if check.status != "passed" or not (filled or example):
            lines[check.by, check.sentence, len(lines)] = check
            continue
        key = (filled, check.is_critical, check.why, check.by.split(":")[0])
        line = lines.get(key)
        if line is None:
            lines[key] = check
            continue
        columns = (*line.columns, *check.columns)
        number = line.number + 1
        lines[key] = replace(
            line,
            columns=columns,
            number=number,
            sentence=sentences.filled(columns) if filled else sentences.examples(number),
            harms=tuple(sorted({*line.harms, *check.harms})),
            by=f"{line.by.split(':')[0]}: {'not_null' if filled else 'unit test'}",
        )
    return list(lines.values())
