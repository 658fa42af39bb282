"""The published tables as files: DuckDB for SQL, Parquet and CSV for everything else.

Belongs here: copying schemas of the private build, in an order that does not depend on how it was built, with
their descriptions; counting them. Does not: choosing what may be published (privacy), pages.

All of it works on one in-memory connection to which the private build and the new files are attached.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from orchestration.publish.dbt_artifacts import TableDoc
from orchestration.publish.manifest import Column, TableEntry

BUILD = "build"
"""The name under which the private build is attached."""

# The oldest file format of DuckDB 1: whatever driver a BI tool brings can open it.
STORAGE_VERSION = "v1.0.0"

_FORMATS = {
    # the compression that every reader of Parquet knows
    ".parquet": "format parquet, compression snappy",
    # what a Danish Excel opens as columns
    ".csv": "format csv, header, delimiter ';'",
}


def quoted(value: str | Path) -> str:
    """A SQL string."""
    return "'" + str(value).replace("'", "''") + "'"


def attach_build(connection: duckdb.DuckDBPyConnection, database: Path) -> None:
    """Attaches the private build, read-only."""
    connection.execute(f"attach {quoted(database)} as {BUILD} (read_only)")


def detach_all(connection: duckdb.DuckDBPyConnection) -> None:
    """Closes every attached file; a written one is then whole, without a log beside it."""
    names = connection.execute(
        "select database_name from duckdb_databases() where not internal and database_name <> 'memory'"
    ).fetchall()
    for (name,) in names:
        connection.execute(f'detach "{name}"')


def build_columns(connection: duckdb.DuckDBPyConnection, *schemas: str) -> dict[str, dict[str, str]]:
    """`schema.table` → column → DuckDB type, of the private build's tables (not views), in order of name."""
    rows = connection.execute(
        """
        select columns.schema_name || '.' || columns.table_name, columns.column_name, columns.data_type
        from duckdb_columns() as columns
        inner join duckdb_tables() as tables using (database_name, schema_name, table_name)
        where columns.database_name = ? and list_contains(?, columns.schema_name)
        order by columns.schema_name, columns.table_name, columns.column_index
        """,
        [BUILD, list(schemas)],
    ).fetchall()
    found: dict[str, dict[str, str]] = {}
    for table, column, type_ in rows:
        found.setdefault(table, {})[column] = type_
    return found


def copy_schema(
    connection: duckdb.DuckDBPyConnection,
    schema: str,
    path: Path | None,
    docs: Mapping[str, TableDoc],
    into: str | None = None,
    only: Sequence[str] | None = None,
) -> list[TableEntry]:
    """Copies a schema's tables, rows in order, with comments; the schema may be empty.

    The order is that of the key, which is the same however the build was made; without one, that of all columns.

    Args:
        path: the new DuckDB file, attached under its stem from then on; `None` copies into memory.
        docs: table → description and columns' descriptions.
        into: the schema in the new file, where it is not to be called as in the build.
        only: the tables to copy; all of them where none are named.
    """
    target = path.stem if path else "memory"
    if path:
        connection.execute(f"attach {quoted(path)} as {target} (storage_version {quoted(STORAGE_VERSION)})")
    connection.execute(f"create schema if not exists {target}.{into or schema}")
    entries = []
    for table, columns in build_columns(connection, schema).items():
        name = table.split(".")[1]
        if only is not None and name not in only:
            continue
        published = f"{target}.{into or schema}.{name}"
        doc = docs.get(name)
        order = ", ".join(doc.key) if doc and doc.key and not doc.is_key_nullable else "all"
        connection.execute(f"create table {published} as from {BUILD}.{table} order by {order}")
        if doc:
            connection.execute(f"comment on table {published} is {quoted(doc.description)}")
            for column in columns.keys() & doc.columns.keys():
                connection.execute(f"comment on column {published}.{column} is {quoted(doc.columns[column])}")
        entries.append(_entry(connection, table, published, columns, doc))
    return entries


def write_file(connection: duckdb.DuckDBPyConnection, published: str, path: Path) -> None:
    """Writes a published table in the format of the path's suffix, in the same order."""
    connection.execute(f"copy (from {published}) to {quoted(path)} ({_FORMATS[path.suffix]})")


def rows_of(
    connection: duckdb.DuckDBPyConnection, query: str, parameters: Sequence[Any] = ()
) -> list[dict[str, Any]]:
    """A query's rows, each by the names of its columns."""
    result = connection.execute(query, parameters)
    names = [column[0] for column in result.description or []]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def _entry(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    published: str,
    columns: Mapping[str, str],
    doc: TableDoc | None,
) -> TableEntry:
    decimals = [column for column, type_ in columns.items() if type_.startswith("DECIMAL")]
    sums = "".join(f", sum({column})" for column in decimals)
    row = connection.execute(f"select count(*){sums} from {published}").fetchone()
    assert row is not None
    return TableEntry(
        table=table,
        rows=row[0],
        columns=[Column(name=name, type=type_) for name, type_ in columns.items()],
        sums=dict(zip(decimals, row[1:], strict=True)),
        key=doc.key if doc else [],
        is_key_nullable=doc.is_key_nullable if doc else False,
    )
