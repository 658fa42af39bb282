"""The validation report: one Danish page that says what the gate tried and what it found.

Belongs here: what the page shows and the control totals it needs. Does not: its looks (publish/templates).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from expectations.control_totals import PERIOD_TOTALS, YEAR_TOTALS
from orchestration.templating import render
from orchestration.validation.results import ValidationResult

if TYPE_CHECKING:
    from orchestration.publish.dbt_artifacts import DbtTest
    from orchestration.publish.manifest import DeliveryEntry


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
) -> str:
    """The report as one HTML page; also of a build that the gate refused (`publication_id` is `None`)."""
    return render(
        "validation.html.j2",
        root="../",
        here="validation/index.html",
        as_of=as_of,
        publication_id=publication_id,
        outcomes=[outcome for validation in validations for outcome in validation.outcomes],
        critical=[failure for validation in validations for failure in validation.critical_failures],
        warnings=[warning for validation in validations for warning in validation.warnings],
        deliveries=sorted(deliveries, key=lambda entry: (-entry.extract_date.toordinal(), entry.source)),
        tests=tests,
        failed_tests=[test for test in tests if test.status in ("fail", "error")],
        warned_tests=[test for test in tests if test.status == "warn"],
        years=totals[0],
        periods=totals[1],
    )
