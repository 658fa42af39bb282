"""The key figures by their one definition: what a figure is called, means and is counted by, as `dim_metric` has it.

Belongs here: reading the definitions, writing a value as its metric says. Does not: reading the figures (figures,
pages), a definition's text (seed `metric`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import Final

import duckdb
from babel.numbers import format_decimal

from orchestration.publish.manifest import Manifest
from orchestration.publish.tables import rows_of
from orchestration.templating import LOCALE, NO_VALUE

TABLE: Final = "dim_metric"


@dataclass(frozen=True)
class Metric:
    """A key figure. Ask `select <expression> from marts.<table>` grouped or filtered as one likes."""

    id: str
    group: str
    name: str
    """Danish, as pages print it."""
    definition: str
    formula: str
    unit: str
    """`kr.`, `kr./døgn`, `dage`, `%` …"""
    decimals: int
    table: str
    """Without its schema, `marts`."""
    expression: str
    """SQL aggregate that holds for any grouping of the table's rows."""
    is_additive: bool
    """Parts sum to the whole; a ratio's never do."""
    per_columns: Sequence[str]
    """Columns to ask one value at a time of: group by them, or hold them by a condition."""
    sign: str
    """What a positive figure means; empty where there is nothing to say."""

    @property
    def anchor(self) -> str:
        """Its place on the data dictionary's page."""
        return f"noegletal-{self.id}"

    @property
    def tooltip(self) -> str:
        """What a reader who points at the figure's name is told."""
        return " ".join(filter(None, (self.definition, self.sign)))

    @property
    def kind(self) -> str:
        """The kind of the value where it is shown in a table of figures."""
        if self.unit == "%":
            return "share"
        if self.unit.startswith("kr."):
            return "exact" if self.decimals else "money"
        return ("number", "decimal", "exact")[min(self.decimals, 2)]

    def written(self, value: Decimal | float | None) -> str:
        """A value of it as pages write it, without its unit: `1.234,5`; a dash for none."""
        if value is None:
            return NO_VALUE
        pattern = "#,##0" + ("." + "0" * self.decimals if self.decimals else "")
        return format_decimal(value, pattern, locale=LOCALE)


class Metrics(dict[str, Metric]):
    """Id → figure, in the seed's order; one that is not published is called by its id."""

    def __missing__(self, id_: str) -> Metric:
        """A figure that nobody has defined."""
        return Metric(id_, "", id_, "", "", "", 0, "", "null", False, (), "")


def read_metrics(connection: duckdb.DuckDBPyConnection, manifest: Manifest) -> Metrics:
    """The publication's key figures; none where it has no `dim_metric`.

    Args:
        connection: the published tables attached as `kobling`.
        manifest: which tables there are.
    """
    if not manifest.has(f"marts.{TABLE}"):
        return Metrics()
    rows = rows_of(connection, f"from kobling.marts.{TABLE} order by sort_order")
    return Metrics(
        (
            row["metric_id"],
            Metric(
                id=row["metric_id"],
                group=row["group_da"],
                name=row["name_da"],
                definition=row["definition_da"],
                formula=row["formula_da"],
                unit=row["unit_da"],
                decimals=row["decimals"],
                table=row["table_name"],
                expression=row["expression"],
                is_additive=row["is_additive"],
                per_columns=tuple(filter(None, (row["per_columns"] or "").split(","))),
                sign=row["sign_da"] or "",
            ),
        )
        for row in rows
    )


def by_group(metrics: Metrics) -> dict[str, list[Metric]]:
    """The figures by what they are about, in the seed's order."""
    return {group: list(found) for group, found in groupby(metrics.values(), key=lambda metric: metric.group)}
