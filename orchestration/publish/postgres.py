"""The published tables in PostgreSQL too, for readers that cannot come to the files.

Belongs here: one transaction that replaces every table's rows, with comments, keys and roles. Does not: making a
publication; what is loaded is the files of one.

Rows are deleted and copied, tables stay: a statement (and a REPEATABLE READ transaction) sees the rows of one
publication in all tables, nobody waits for anybody, and views that BI people made on the tables live on.
"""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.sql import SQL, Composed, Identifier, Literal
from psycopg.types.json import Jsonb

from orchestration.errors import ConfigurationError
from orchestration.publish import public_part
from orchestration.publish.manifest import TableEntry
from orchestration.publish.store import BUILDING, Publication
from orchestration.publish.tables import quoted

OLDEST = 15
"""The first version of PostgreSQL in which a key may hold one empty value."""

CONNECT_SECONDS = 10
COPY_BYTES = 1 << 20

# what DuckDB calls otherwise
_TYPES = {"VARCHAR": "text", "DOUBLE": "double precision"}

Connection = psycopg.Connection[tuple[Any, ...]]


@dataclass(frozen=True)
class Part:
    """A part of a publication: its tables, and who may read them in PostgreSQL."""

    file: str
    """The DuckDB file that has them, and the schema in it."""
    file_schema: str
    into: str
    """The schema in PostgreSQL."""
    roles: tuple[str, ...]
    schema: str = "marts"
    """In the manifest's names of tables."""
    only: tuple[str, ...] = ()
    """So many of the schema's tables; all, where empty."""

    def entries(self, publication: Publication) -> list[TableEntry]:
        """The part's tables."""
        return [
            entry
            for entry in publication.manifest.tables
            if entry.table.startswith(f"{self.schema}.") and (not self.only or entry.name in self.only)
        ]


PARTS = (
    Part("kobling.duckdb", "marts", "kobling", ("kobling_bi", "kobling_steward")),
    Part("steward/steward.duckdb", "main", "kobling_steward", ("kobling_steward",), schema="steward"),
    Part(
        f"public/{public_part.FILE}.duckdb",
        "main",
        "kobling_public",
        ("kobling_public",),
        only=public_part.MARTS,
    ),
)


def publish_to_postgres(dsn: str, publication: Publication) -> bool:
    """Makes PostgreSQL show a publication: all of it or, where anything fails, what it showed before.

    Args:
        dsn: a libpq connection string or URI; its user owns the schemas, and may create them and, where they are
            missing, the roles.
        publication: a whole one on disk.

    Returns:
        Whether there was anything to do: not, where PostgreSQL shows it already.

    Raises:
        ConfigurationError: the server cannot be reached, is too old or refuses; the text names it, never the password.
    """
    server = _server(dsn)
    try:
        with psycopg.connect(
            dsn, connect_timeout=CONNECT_SECONDS, application_name="kobling", autocommit=True
        ) as connection:
            if connection.info.server_version < OLDEST * 10_000:
                raise ConfigurationError(
                    f"PostgreSQL {connection.info.server_version // 10_000} at {server} is too old; "
                    f"KOBLING_PG_DSN needs {OLDEST} or later"
                )
            with connection.transaction():
                # a second writer waits here, not at a table in the middle
                connection.execute("select pg_advisory_xact_lock(hashtext('kobling'))")
                if _shown(connection)[0] == publication.id:
                    return False
                _replace(connection, publication)
            # what was deleted is space for the next one, and the planner learns the new sizes
            for part in PARTS:
                for entry in part.entries(publication):
                    connection.execute(SQL("vacuum (analyze) {}").format(Identifier(part.into, entry.name)))
    except psycopg.Error as error:
        raise ConfigurationError(
            f"PostgreSQL at {server} did not take the publication and shows what it did before: "
            f"{_reason(error)}; the publication in files stands. Mend the server or KOBLING_PG_DSN and run again"
        ) from None
    return True


def _replace(connection: Connection, publication: Publication) -> None:
    """Every table's rows, in the connection's open transaction."""
    _, before = _shown(connection)
    tables: dict[str, str] = {}
    for part in PARTS:
        _ensure_schema(connection, part)
        entries = part.entries(publication)
        tables |= {f"{part.into}.{entry.name}": _definition(part, entry).as_string() for entry in entries}
    # another shape is another table; a view on such a one stops us, for it is not ours to drop
    for name, definition in before.items():
        if tables.get(name) != definition:
            connection.execute(SQL("drop table if exists {}").format(Identifier(*name.split(".", 1))))
    for part in PARTS:
        entries = part.entries(publication)
        if entries:
            _load(connection, part, publication.path, entries)
        for role in part.roles:
            for grant in ("usage on schema {} to {}", "select on all tables in schema {} to {}"):
                connection.execute(SQL("grant " + grant).format(Identifier(part.into), Identifier(role)))
    connection.execute(
        "create table if not exists kobling.publication "
        "(id text primary key, as_of date not null, built_at timestamptz not null, tables jsonb not null)"
    )
    connection.execute("delete from kobling.publication")
    connection.execute(
        "insert into kobling.publication values (%s, %s, %s, %s)",
        [publication.id, publication.manifest.as_of, publication.manifest.built_at, Jsonb(tables)],
    )


def _shown(connection: Connection) -> tuple[str | None, dict[str, str]]:
    """The id of the publication that PostgreSQL shows, and its tables' definitions."""
    if connection.execute("select to_regclass('kobling.publication')").fetchone() == (None,):
        return None, {}
    row = connection.execute("select id, tables from kobling.publication").fetchone()
    return (row[0], row[1]) if row else (None, {})


def _ensure_schema(connection: Connection, part: Part) -> None:
    """The schema and the roles that may read it, where they are not there yet."""
    if connection.execute("select to_regnamespace(%s)", [part.into]).fetchone() == (None,):
        connection.execute(SQL("create schema {}").format(Identifier(part.into)))
    for role in part.roles:
        if connection.execute("select 1 from pg_roles where rolname = %s", [role]).fetchone() is None:
            connection.execute(SQL("create role {} nologin").format(Identifier(role)))


def _definition(part: Part, entry: TableEntry) -> Composed:
    """How the table is made: columns, and its key where it has one."""
    lines = [
        SQL("{} {}").format(Identifier(column.name), SQL(_TYPES.get(column.type, column.type)))
        for column in entry.columns
    ]
    if entry.key:
        kind = "unique nulls not distinct" if entry.is_key_nullable else "primary key"
        lines.append(
            SQL("{} ({})").format(SQL(kind), SQL(", ").join(Identifier(column) for column in entry.key))
        )
    return SQL("create table if not exists {} ({})").format(
        Identifier(part.into, entry.name), SQL(", ").join(lines)
    )


def _load(connection: Connection, part: Part, folder: Path, entries: list[TableEntry]) -> None:
    with (
        duckdb.connect(str(folder / part.file), read_only=True) as source,
        # where the next publication sweeps what a crash leaves
        tempfile.TemporaryDirectory(prefix=BUILDING, dir=folder.parent) as scratch,
    ):
        file = Path(scratch) / "rows.csv"
        for entry in entries:
            table = Identifier(part.into, entry.name)
            connection.execute(_definition(part, entry))
            _comment(connection, source, part, entry.name)
            connection.execute(SQL("delete from {}").format(table))
            rows_of = f"from {part.file_schema}.{entry.name}"
            source.execute(f"copy ({rows_of}) to {quoted(file)} (format csv, header false, nullstr '\\N')")
            copying = SQL("copy {} from stdin (format csv, null '\\N')").format(table)
            with file.open("rb") as rows, connection.cursor().copy(copying) as copy:
                while block := rows.read(COPY_BYTES):
                    copy.write(block)


def _comment(connection: Connection, source: duckdb.DuckDBPyConnection, part: Part, name: str) -> None:
    """The descriptions that the file carries."""
    where = "schema_name = ? and table_name = ? and comment is not null"
    key = [part.file_schema, name]
    for (comment,) in source.execute(f"select comment from duckdb_tables() where {where}", key).fetchall():
        connection.execute(
            SQL("comment on table {} is {}").format(Identifier(part.into, name), Literal(comment))
        )
    for column, comment in source.execute(
        f"select column_name, comment from duckdb_columns() where {where}", key
    ).fetchall():
        connection.execute(
            SQL("comment on column {} is {}").format(Identifier(part.into, name, column), Literal(comment))
        )


def _server(dsn: str) -> str:
    """Host and database of the connection, which are no secrets."""
    try:
        parts = conninfo_to_dict(dsn)
    except psycopg.ProgrammingError:
        # libpq's message quotes the string
        raise ConfigurationError(
            "KOBLING_PG_DSN is no connection string of PostgreSQL; write it as postgresql://user@host/database"
        ) from None
    return f"{parts.get('host', 'localhost')}/{parts.get('dbname', '')}"


def _reason(error: psycopg.Error) -> str:
    """The server's first line: it may quote rows of a table after that."""
    return str(error).strip().split("\n")[0] or type(error).__name__
