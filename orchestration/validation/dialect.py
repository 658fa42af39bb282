"""The SQLAlchemy dialect that lets Great Expectations push its queries down to DuckDB.

Belongs here: the differences to duckdb-engine's dialect that this needs, each with its reason. Imported by
SQLAlchemy when an engine for `duckdb+autocommit://` is made, after `register()`.
"""

from typing import Any

import duckdb_engine
from sqlalchemy import text
from sqlalchemy.dialects import registry
from sqlalchemy.types import NULLTYPE

DRIVER = "duckdb+autocommit"


class AutocommitDialect(duckdb_engine.Dialect):  # type: ignore[misc]
    """duckdb-engine's dialect without transactions, and with reflection that DuckDB's catalog can answer."""

    supports_statement_cache = False

    def connect(self, *arguments: Any, **keywords: Any) -> Any:
        """A connection that draws no progress bar into the log."""
        connection = super().connect(*arguments, **keywords)
        connection.execute("set enable_progress_bar = false")
        return connection

    # Great Expectations reads a cursor after its connection has rolled back; DuckDB drops a pending result on
    # rollback. Reading needs no transaction: DuckDB commits each statement by itself.
    def do_begin(self, connection: Any) -> None:
        """Nothing to begin."""

    def do_commit(self, connection: Any) -> None:
        """Nothing to commit."""

    def do_rollback(self, connection: Any) -> None:
        """Nothing to roll back."""

    # SQLAlchemy's PostgreSQL reflection asks for tables of pg_catalog that DuckDB has not.
    def get_columns(
        self, connection: Any, table_name: str, schema: str | None = None, **_: Any
    ) -> list[dict[str, Any]]:
        """The columns' names, in order; the types are not used."""
        names = connection.execute(
            text(
                "select column_name from duckdb_columns() "
                "where table_name = :table and schema_name = :schema order by column_index"
            ),
            {"table": str(table_name), "schema": schema},
        ).scalars()
        return [{"name": name, "type": NULLTYPE, "nullable": True, "default": None} for name in names]

    def get_pk_constraint(self, *_: Any, **__: Any) -> dict[str, Any]:
        """No expectation asks for it."""
        return {"constrained_columns": [], "name": None}


def register() -> None:
    """Makes `duckdb+autocommit://` known to SQLAlchemy."""
    registry.register(DRIVER.replace("+", "."), __name__, AutocommitDialect.__name__)
