"""The published tables in PostgreSQL too, for readers that cannot come to the files.

Belongs here: one transaction that replaces every table's rows, with comments, keys and roles. Does not: making a
publication; what is loaded is the files of one.

Rows are deleted and copied, tables stay: a statement (and a REPEATABLE READ transaction) sees the rows of one
publication in all tables, nobody waits for anybody, and views that BI people made on the tables live on. A table whose
columns or key are others than before is filled beside the old one, and takes its name in the last moment.
"""

import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.sql import SQL, Composed, Identifier, Literal
from psycopg.types.json import Jsonb

from orchestration.errors import ConfigurationError, Unavailable
from orchestration.publish import public_part
from orchestration.publish.manifest import TableEntry
from orchestration.publish.store import BUILDING, Publication
from orchestration.publish.tables import quoted

OLDEST = 15
"""The first version of PostgreSQL in which a key may hold one empty value."""

LOCK_SECONDS = 10
"""So long a table of another shape waits for whoever reads the old one, and new readers wait behind it."""

COPY_BYTES = 1 << 20
ASIDE = " (new)"

# a server that falls silent is noticed in a minute; the connection string may say otherwise
_CONNECTION = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}
# ours to say: what DuckDB writes is UTF-8, whatever the database keeps
_OURS = {"application_name": "kobling", "client_encoding": "UTF8"}

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
        Unavailable: the server cannot be reached, or the connection was lost.
        ConfigurationError: it is too old, or refuses. Both texts name the server, never the password.
    """
    server = check_dsn(dsn)
    try:
        with _connect(dsn) as connection:
            if connection.info.server_version < OLDEST * 10_000:
                raise ConfigurationError(
                    f"PostgreSQL {connection.info.server_version // 10_000} at {server} is too old; "
                    f"KOBLING_PG_DSN needs {OLDEST} or later"
                )
            with connection.transaction():
                # a second writer waits here, not at a table in the middle
                connection.execute("select pg_advisory_xact_lock(hashtext('kobling'))")
                if shown(connection) == publication.id:
                    return False
                connection.execute(f"set local lock_timeout = '{LOCK_SECONDS}s'")
                for part in PARTS:
                    _replace(connection, part, publication)
            # what was deleted is space for the next one, and the planner learns the new sizes; where it does not
            # come to that, the server's own vacuum does it. Cutting the files short would keep readers waiting.
            with suppress(psycopg.Error):
                for part in PARTS:
                    for entry in part.entries(publication):
                        table = Identifier(part.into, entry.name)
                        connection.execute(SQL("vacuum (analyze, truncate false) {}").format(table))
    except psycopg.Error as error:
        kind = Unavailable if isinstance(error, psycopg.OperationalError) else ConfigurationError
        raise kind(
            f"PostgreSQL at {server} did not take publication {publication.id} and shows what it did before: "
            f"{_reason(error)}; the publication in files stands. Mend the server or KOBLING_PG_DSN and run again"
        ) from None
    return True


def check_dsn(dsn: str) -> str:
    """Host and database of a connection string, which are no secrets.

    Raises:
        ConfigurationError: it is none, or not the one that was meant; the text quotes nothing of it.
    """
    try:
        parts = conninfo_to_dict(dsn)
    except psycopg.ProgrammingError:
        parts = {}
    found = [str(parts.get(name) or "") for name in ("host", "port", "dbname")]
    # a password with one of these signs ends too early, and its rest is taken for the host
    if not parts or any(sign in text for text in found for sign in "@:?") or not _is_port(found[1]):
        raise ConfigurationError(
            "KOBLING_PG_DSN is no connection string of PostgreSQL; write it as postgresql://user@host/database, "
            "the password in the file that PGPASSFILE names, or in it with %40 for @, %2F for /, %3A for :"
        )
    return f"{found[0] or 'localhost'}/{found[2]}"


def shown(connection: Connection) -> str | None:
    """The id of the publication that PostgreSQL shows."""
    if connection.execute("select to_regclass('kobling.publication')").fetchone() == (None,):
        return None
    row = connection.execute("select id from kobling.publication").fetchone()
    return row[0] if row else None


def _connect(dsn: str) -> Connection:
    parts: dict[str, Any] = {**_CONNECTION, **conninfo_to_dict(dsn), **_OURS}
    return psycopg.connect(make_conninfo(**parts), autocommit=True)


def _is_port(text: str) -> bool:
    """One for all hosts or one a host; none is the usual one."""
    return text.replace(",", "").isdigit() or not text


def _replace(connection: Connection, part: Part, publication: Publication) -> None:
    """Every row of a part, in the connection's open transaction."""
    _ensure_schema(connection, part)
    state = Identifier(part.into, "publication")
    connection.execute(
        SQL(
            "create table if not exists {} "
            "(id text primary key, as_of date not null, built_at timestamptz not null, tables jsonb not null)"
        ).format(state)
    )
    row = connection.execute(SQL("select tables from {}").format(state)).fetchone()
    before: dict[str, str] = row[0] if row else {}
    entries = part.entries(publication)
    tables = {entry.name: _columns(entry).as_string() for entry in entries}
    other = {name for name in tables if tables[name] != before.get(name)}
    _load(connection, part, publication.path, entries, other)
    # a view on one of these stops us, for it is not ours to drop
    for name in (before.keys() - tables.keys()) | other:
        connection.execute(SQL("drop table if exists {}").format(Identifier(part.into, name)))
    for name in other:
        new = Identifier(part.into, name + ASIDE)
        connection.execute(SQL("alter table {} rename to {}").format(new, Identifier(name)))
    connection.execute(SQL("delete from {}").format(state))
    connection.execute(
        SQL("insert into {} values (%s, %s, %s, %s)").format(state),
        [publication.id, publication.manifest.as_of, publication.manifest.built_at, Jsonb(tables)],
    )
    for role in part.roles:
        for grant in ("usage on schema {} to {}", "select on all tables in schema {} to {}"):
            connection.execute(SQL("grant " + grant).format(Identifier(part.into), Identifier(role)))


def _ensure_schema(connection: Connection, part: Part) -> None:
    """The schema and the roles that may read it, where they are not there yet."""
    if connection.execute("select to_regnamespace(%s)", [part.into]).fetchone() == (None,):
        connection.execute(SQL("create schema {}").format(Identifier(part.into)))
    for role in part.roles:
        if connection.execute("select 1 from pg_roles where rolname = %s", [role]).fetchone() is None:
            connection.execute(SQL("create role {} nologin").format(Identifier(role)))


def _columns(entry: TableEntry) -> Composed:
    """What the table is made of: columns, and its key where it has one."""
    lines = [
        SQL("{} {}").format(Identifier(column.name), SQL(_TYPES.get(column.type, column.type)))
        for column in entry.columns
    ]
    if entry.key:
        kind = "unique nulls not distinct" if entry.is_key_nullable else "primary key"
        lines.append(
            SQL("{} ({})").format(SQL(kind), SQL(", ").join(Identifier(column) for column in entry.key))
        )
    return SQL("({})").format(SQL(", ").join(lines))


def _load(
    connection: Connection, part: Part, folder: Path, entries: list[TableEntry], other: set[str]
) -> None:
    """Fills the tables, of which some have another shape than before and are made anew beside the old ones."""
    with (
        duckdb.connect(str(folder / part.file), read_only=True) as source,
        # where the next publication sweeps what a crash leaves
        tempfile.TemporaryDirectory(prefix=BUILDING, dir=folder.parent) as scratch,
    ):
        comments = _comments(source, part)
        file = Path(scratch) / "rows.csv"
        for entry in entries:
            if entry.name in other:
                table = Identifier(part.into, entry.name + ASIDE)
                connection.execute(SQL("create table {} {}").format(table, _columns(entry)))
            else:
                table = Identifier(part.into, entry.name)
                connection.execute(SQL("delete from {}").format(table))
            _comment(connection, table, comments.get(entry.name, {}))
            rows_of = f"from {part.file_schema}.{entry.name}"
            source.execute(f"copy ({rows_of}) to {quoted(file)} (format csv, header false, nullstr '\\N')")
            copying = SQL("copy {} from stdin (format csv, null '\\N')").format(table)
            with file.open("rb") as rows, connection.cursor().copy(copying) as copy:
                while block := rows.read(COPY_BYTES):
                    copy.write(block)


def _comments(source: duckdb.DuckDBPyConnection, part: Part) -> dict[str, dict[str | None, str]]:
    """The descriptions that the file carries: table → column, or `None` for the table itself."""
    found: dict[str, dict[str | None, str]] = {}
    for table, column, comment in source.execute(
        """
        select table_name, null, comment from duckdb_tables() where schema_name = $1 and comment is not null
        union all
        select table_name, column_name, comment from duckdb_columns()
        where schema_name = $1 and comment is not null
        """,
        [part.file_schema],
    ).fetchall():
        found.setdefault(table, {})[column] = comment
    return found


def _comment(connection: Connection, table: Identifier, comments: dict[str | None, str]) -> None:
    """Writes a table's descriptions, in one message to the server."""
    if comments:
        connection.execute(
            SQL("; ").join(
                SQL("comment on column {}.{} is {}").format(table, Identifier(column), Literal(comment))
                if column
                else SQL("comment on table {} is {}").format(table, Literal(comment))
                for column, comment in comments.items()
            )
        )


def _reason(error: psycopg.Error) -> str:
    """The server's first line: it may quote rows of a table after that, and of a wrong value already in it."""
    if isinstance(error, psycopg.DataError):
        return type(error).__name__
    return str(error).strip().split("\n")[0] or type(error).__name__
