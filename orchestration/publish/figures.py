"""Tables of figures, each figure with where it is found: mart, SQL expression and condition.

Belongs here: what a table of figures is, and reading one from the published marts; pages and workbooks write the same
filled table. Does not: which tables there are (overview), looks (templates, sheets).

A table is a mart summed over its keys. A field may come from another mart that has the same key columns. Whatever is
shown can be asked for again with `select <expression> from marts.<mart> where <condition>`.
"""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any, Final

import duckdb

from orchestration.publish.manifest import Manifest
from orchestration.publish.metrics import Metrics, read_metrics
from orchestration.publish.tables import quoted, rows_of
from orchestration.templating import NUMBERS, written

MOST_ROWS: Final = 10_000
"""A longer list is nobody's worksheet; the whole is in the mart."""


@dataclasses.dataclass(frozen=True)
class Key:
    """What a table has a row for each of: the column, and what is shown of it."""

    column: str
    label: str
    kind: str = "text"
    name: str = ""
    """SQL for what is shown instead, over the grouped rows `found`."""
    sql: str = ""
    """SQL over the mart's rows where the key is no column of theirs."""
    is_hidden: bool = False
    """Only to sort by, or for another key's name."""

    @property
    def is_number(self) -> bool:
        """Whether it stands to the right."""
        return self.kind in NUMBERS


@dataclasses.dataclass(frozen=True)
class Field:
    """A figure of each row."""

    name: str
    label: str = ""
    expression: str = ""
    """SQL over the mart's rows; their sum where empty."""
    kind: str = ""
    """Its metric's where empty; money where it has none."""
    mart: str = ""
    """Another mart than the table's."""
    where: str = ""
    """Another condition than the table's, for another mart."""
    is_hidden: bool = False
    """Read for something else than the table itself."""
    metric: str = ""
    """The key figure of `dim_metric` that it is: label, expression and kind are the metric's."""
    definition: str = ""
    """What a reader who points at the heading is told."""

    @classmethod
    def of(cls, metric: str, **own: Any) -> "Field":
        """A key figure, under its own name; `own` is where the field differs, e.g. a label beside others like it."""
        return cls(metric, metric=metric, **own)

    def defined(self, metrics: Metrics) -> "Field":
        """The field with what its metric says of it; one whose metric is not published is called by its name."""
        metric = metrics.get(self.metric)
        if metric is None:
            return dataclasses.replace(self, label=self.label or self.name, kind=self.kind or "money")
        return dataclasses.replace(
            self,
            label=self.label or metric.name,
            expression=self.expression or metric.expression,
            kind=self.kind or metric.kind,
            definition=metric.tooltip,
        )

    @property
    def is_number(self) -> bool:
        """Whether it stands to the right."""
        return self.kind in NUMBERS

    @property
    def sql(self) -> str:
        """The figure as SQL over the mart."""
        return self.expression or f"sum({self.name})"


@dataclasses.dataclass(frozen=True)
class Table:
    """A table of figures, not read yet."""

    id: str
    title: str
    note: str
    mart: str
    by: Sequence[Key]
    fields: Sequence[Field]
    where: str = "true"
    order: str = ""
    limit: int | None = None
    """So many rows on a page; a workbook has up to `MOST_ROWS`."""
    always: str = ""
    """What the first key shows on a row that a page has in any case."""
    has_total: bool = True
    empty: str = "Ingen."


@dataclasses.dataclass(frozen=True)
class Figure:
    """A value with where it is found."""

    value: Any
    kind: str
    mart: str
    expression: str
    where: str

    @property
    def is_number(self) -> bool:
        """Whether it stands to the right."""
        return self.kind in NUMBERS

    @property
    def negated(self) -> "Figure":
        """With the sign turned."""
        if self.value is None:
            return self
        return dataclasses.replace(self, value=-self.value, expression=f"-({self.expression})")

    @property
    def unsigned(self) -> "Figure":
        """Without its sign, where the words around it say which way."""
        return self if self.value is None or self.value >= 0 else self.negated

    def __str__(self) -> str:
        """As pages write it."""
        return written(self.value, self.kind)


NOTHING: Final = Figure(None, "money", "", "", "")


@dataclasses.dataclass(frozen=True)
class Row:
    """What a row is about, and its figures by the fields' names."""

    keys: Mapping[str, Any]
    shown: Sequence[Any]
    texts: Sequence[str]
    """What is shown, as pages write it."""
    figures: Mapping[str, Figure]

    def __getitem__(self, name: str) -> Figure:
        """The figure; one without a value where it is not published."""
        return self.figures.get(name, NOTHING)


@dataclasses.dataclass(frozen=True)
class Filled:
    """A table as it was read."""

    table: Table
    fields: Sequence[Field]
    """The table's, without those that are not published."""
    rows: Sequence[Row]
    total: Row | None
    """Of all rows, also those that are not read."""
    listed_of: int = 0
    """So many rows there are."""
    not_run: str | None = None
    """Why there is nothing to read, as a reader understands it."""
    missing: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Field → why it has nothing to say."""

    @property
    def keys(self) -> Sequence[Key]:
        """The keys that are columns of the table."""
        return [key for key in self.table.by if not key.is_hidden]

    @property
    def notes(self) -> Sequence[str]:
        """Which of its columns have nothing to say, and why."""
        return [
            f"{field.label}: ikke kørt: {self.missing[field.name]}."
            for field in self.columns
            if field.name in self.missing
        ]

    @property
    def columns(self) -> Sequence[Field]:
        """The fields that are columns of the table."""
        return [field for field in self.fields if not field.is_hidden]

    @property
    def page_rows(self) -> Sequence[Row]:
        """The rows that a page shows."""
        first, rest = self.rows[: self.table.limit], self.rows[len(self.rows[: self.table.limit]) :]
        return [*first, *(row for row in rest if self.table.always and row.texts[0] == self.table.always)]


class Reader:
    """Reads figures of one publication's marts."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, manifest: Manifest) -> None:
        """Finds out what there is to read.

        Args:
            connection: the published tables attached as `kobling`.
            manifest: which tables there are, and their columns.
        """
        self.connection = connection
        self.columns = {
            entry.name: {column.name for column in entry.columns}
            for entry in manifest.tables
            if entry.table.startswith("marts.")
        }
        self.metrics: Metrics = read_metrics(connection, manifest)
        self.not_run: dict[str, str] = {}
        """Mart → why it has nothing to say."""
        if "mart_run_status" in self.columns:
            self.not_run = {
                row["name"]: row["reason"]
                for row in self.rows(
                    "select name, coalesce(any_value(reason), 'ikke leveret') as reason "
                    "from kobling.marts.mart_run_status where subject = 'mart' and status = 'not_run' group by name"
                )
            }

    def has(self, mart: str) -> bool:
        """Whether the mart is published, and has something to say."""
        return mart in self.columns and mart not in self.not_run

    def rows(self, query: str, parameters: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """A query's rows, each by the names of its columns."""
        return rows_of(self.connection, query, parameters)

    def figure(self, mart: str, expression: str, where: str, kind: str = "money") -> Figure:
        """One figure by itself; without a value where its mart has none."""
        if not self.has(mart):
            return Figure(None, kind, mart, "null", where)
        [row] = self.rows(f"select {expression} as value from kobling.marts.{mart} where {where}")
        return Figure(row["value"], kind, mart, expression, where)

    def table(self, table: Table) -> Filled:
        """The table, filled."""
        if not self.has(table.mart):
            reason = self.not_run.get(table.mart, "tabellen er ikke i denne publikation")
            return Filled(table, table.fields, [], None, not_run=reason)
        fields = [
            field
            for field in (asked.defined(self.metrics) for asked in table.fields)
            if self.has(field.mart or table.mart)
            and (field.expression or field.name in self.columns[field.mart or table.mart])
        ]
        rows, listed_of = _rows(self.connection, table, table.by, fields)
        total = _rows(self.connection, table, (), fields)[0][0] if table.has_total and rows else None
        missing = {
            field.name: self.not_run[column]
            for field in fields
            if (column := f"{field.mart or table.mart}.{field.name}") in self.not_run
        }
        return Filled(table, fields, rows, total, listed_of, missing=missing)


def condition(keys: Mapping[str, Any]) -> str:
    """The SQL condition that the columns have these values."""
    return " and ".join(
        f"{column} is null" if value is None else f"{column} = {_literal(value)}"
        for column, value in keys.items()
    )


def _rows(
    connection: duckdb.DuckDBPyConnection, table: Table, by: Sequence[Key], fields: Sequence[Field]
) -> tuple[list[Row], int]:
    """The first rows, and those that a page has in any case; how many there are."""
    sources = _sources(table, fields)
    columns = [key.column for key in by]
    parts, joins, shown = [], [], [f"source_0.{column}" for column in columns]
    for number, (mart, where, wanted) in enumerate(sources):
        keys_sql = (f"{key.sql} as {key.column}" if key.sql else key.column for key in by)
        asked = ", ".join([*keys_sql, *(f"{field.sql} as {field.name}" for field in wanted)])
        parts.append(
            f"source_{number} as (select {asked} from kobling.marts.{mart} where {where} group by all)"
        )
        same = " and ".join(
            f"source_0.{column} is not distinct from source_{number}.{column}" for column in columns
        )
        joins.append(f"left join source_{number} on {same or 'true'}" if number else f"from source_{number}")
        shown += [f"source_{number}.{field.name}" for field in wanted]
    names = [f"{key.name or f'found.{key.column}'} as shown_{number}" for number, key in enumerate(by)]
    order = f"order by {', '.join([table.order] * bool(table.order) + columns)}" if columns else ""
    in_any_case = f"or shown_0 = {quoted(table.always)}" if columns and table.always else ""
    query = (
        f"with {', '.join(parts)}, found as (select {', '.join(shown)} {' '.join(joins)}) "
        f"select {', '.join(['found.*', *names])}, count(*) over () as listed_of from found "
        f"qualify row_number() over ({order}) <= {MOST_ROWS} {in_any_case} {order}"
    )
    read = rows_of(connection, query)
    rows = []
    for found in read:
        keys = {key.column: found[key.column] for key in by}
        same = condition({key.sql or key.column: found[key.column] for key in by})
        figures = {
            field.name: Figure(found[field.name], field.kind, mart, field.sql, _both(where, same))
            for mart, where, wanted in sources
            for field in wanted
        }
        shown_keys = [
            (found[f"shown_{number}"], key.kind) for number, key in enumerate(by) if not key.is_hidden
        ]
        rows.append(
            Row(
                keys,
                [value for value, _ in shown_keys],
                [written(value, kind) for value, kind in shown_keys],
                figures,
            )
        )
    return rows, read[0]["listed_of"] if read else 0


def _sources(table: Table, fields: Iterable[Field]) -> list[tuple[str, str, list[Field]]]:
    """The marts that a table reads, its own first, each with its condition and fields."""
    own = (table.mart, table.where)
    asked = [((field.mart or table.mart, field.where or table.where), field) for field in fields]
    asked.sort(key=lambda found: (found[0] != own, found[0]))
    sources = [
        (mart, where, [field for _, field in found])
        for (mart, where), found in groupby(asked, key=lambda found: found[0])
    ]
    return sources if sources and sources[0][:2] == own else [(*own, []), *sources]


def _both(first: str, second: str) -> str:
    return " and ".join(part for part in (first, second) if part and part != "true") or "true"


def _literal(value: Any) -> str:
    match value:
        case bool() | int() | Decimal():
            return str(value).lower()
        case date():
            return f"date {quoted(value.isoformat())}"
        case _:
            return quoted(str(value))
