"""The gate on a damaged build: every check that reads the damaged table, by the queries that the gate itself runs.

A build is damaged in a transaction that is taken back, so that a hundred damages take seconds: dbt compiles its tests
once, and an expectation's query stands in its meta.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import duckdb

from expectations import lake, marts
from orchestration import dbt
from orchestration.settings import Settings

_FULL_NAME = re.compile(r'"?\b(lake|control|seeds|staging|intermediate|marts|steward)"?\."?(\w+)')


@dataclass(frozen=True)
class Check:
    """A query that must find nothing, or it holds the publication back."""

    name: str
    """The tool, and what it calls the check."""
    reads: frozenset[str]
    sql: str


class Gate:
    """The gate's checks on one good build, and the build to damage."""

    def __init__(self, settings: Settings) -> None:
        self.checks = list(_dbt())
        self.connection = duckdb.connect(str(settings.warehouse_path))
        for entity in lake.SUITES:
            # deliveries are read through views; what is damaged is a copy
            self.connection.execute(f"create temp table kept as from {entity}; drop view {entity}")
            self.connection.execute(f"create table {entity} as from kept; drop table kept")
        self.columns = _columns(self.connection)
        self.checks += _expectations(self.columns)
        self._views = self._read_by_views()

    def _read_by_views(self) -> dict[str, frozenset[str]]:
        views = self.connection.execute(
            "select schema_name || '.' || view_name, sql from duckdb_views() where not internal"
        ).fetchall()
        return {view: _tables(sql) - {view} for view, sql in views}

    def reading(self, table: str) -> list[Check]:
        """The checks that read a table, themselves or through views; of a delivery, those before anything is built."""
        if table in lake.SUITES:
            return [check for check in self.checks if check.name.endswith(f" on {table}")]
        names = {table}
        while more := {view for view, tables in self._views.items() if tables & names} - names:
            names |= more
        return [check for check in self.checks if check.reads & names]

    @contextmanager
    def damaged(self, *statements: str) -> Iterator[int]:
        """The build after the statements, taken back at the end; yields how many rows they changed."""
        self.connection.execute("begin")
        try:
            yield sum(self._changed(statement) for statement in statements)
        finally:
            self.connection.execute("rollback")

    def _changed(self, statement: str) -> int:
        row = self.connection.execute(statement).fetchone()
        return int(row[0]) if row else 1

    def stops(self, checks: Iterable[Check] | None = None) -> list[str]:
        """Names of the checks, of all or of some, that hold the build back."""
        return sorted(
            {check.name for check in (self.checks if checks is None else checks) if self._fails(check)}
        )

    def _fails(self, check: Check) -> bool:
        return self.connection.execute(f"select exists ({check.sql})").fetchone() == (True,)


def _dbt() -> Iterator[Check]:
    nodes = dbt.manifest()["nodes"]
    for name, sql in dbt.compiled().items():
        node = nodes[name]
        if node["resource_type"] == "test" and node["config"]["severity"].lower() == "error":
            yield Check(f"dbt {node['name']}", _tables(sql), sql)


def _expectations(columns: dict[str, dict[str, str]]) -> Iterator[Check]:
    for suite in [*lake.suites(columns), *marts.suites(columns)]:
        for expectation in suite.expectations:
            if expectation.severity != "critical":
                continue
            meta: dict[str, Any] = expectation.meta or {}
            sql = meta["sql"] or f"select 1 from batch where not ({_condition(expectation)})"
            sql = f"with batch as (select * from {suite.name}) {sql}"
            yield Check(f"gx {meta['name']} on {suite.name}", _tables(sql), sql)


def _condition(expectation: Any) -> str:
    """What Great Expectations asks of a value in its own classes."""
    column = expectation.column
    if meta_values := getattr(expectation, "value_set", None):
        return f"{column} in ({', '.join(repr(value) for value in meta_values)})"
    low, high = expectation.min_value, expectation.max_value
    return " and ".join(
        f"{column} {sign} {bound}" for sign, bound in ((">=", low), ("<=", high)) if bound is not None
    )


def _columns(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[str, str]]:
    columns: dict[str, dict[str, str]] = {}
    for table, column, type_ in connection.execute(
        "select schema_name || '.' || table_name, column_name, data_type from duckdb_columns() "
        "where not internal order by 1, column_index"
    ).fetchall():
        columns.setdefault(table, {})[column] = type_
    return columns


def _tables(sql: str) -> frozenset[str]:
    return frozenset(f"{schema}.{table}" for schema, table in _FULL_NAME.findall(sql))
