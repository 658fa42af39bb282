"""The same three marts by dbt on PostgreSQL: postgres_project/ on a throw-away server, with the load by COPY.

python -m benchmarks.floor_postgres LANDING OUT
"""

import csv
import os
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

import psycopg
from dbt.cli.main import dbtRunner
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from benchmarks.deliveries import CORRECTIONS, MARTS, newest
from tests.publish.postgres_server import running

PROJECT = Path(__file__).parent / "postgres_project"
READ_BYTES = 1 << 20

SETTINGS = {
    "shared_buffers": "1GB",
    "work_mem": "256MB",
    "max_wal_size": "16GB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "synchronous_commit": "off",
    "max_parallel_workers": "2",
}
"""A server that is set up for such work on a machine of two cores; Debian's own settings are for a small one."""

BOS = "(format csv, header)"
LEDGER = "(format csv, header, delimiter ';', encoding 'latin1')"


def make(landing: Path, out: Path) -> None:
    """Writes the three marts as CSV files."""
    files = newest(landing)
    with running(**SETTINGS) as dsn, psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("create schema raw")
        load(connection, "granted", [files.granted], BOS)
        load(connection, "expected", [files.expected], BOS)
        load(connection, "posting", files.postings, LEDGER)
        load(connection, "budget", files.budgets, LEDGER)
        load(connection, "correction", [CORRECTIONS], BOS)
        build(conninfo_to_dict(dsn), files.as_of.isoformat())
        for mart in MARTS:
            with (
                (out / f"{mart}.csv").open("wb") as file,
                connection.cursor().copy(
                    sql.SQL("copy {} to stdout (format csv, header)").format(sql.Identifier(mart))
                ) as rows,
            ):
                file.writelines(rows)


def load(connection: psycopg.Connection, table: str, files: Iterable[Path], options: str) -> None:
    """Makes `raw.<table>` with the columns of the files' header, all text, and copies the files into it."""
    paths = list(files)
    name = sql.Identifier("raw", table)
    with paths[0].open(encoding="latin-1", newline="") as file:
        header = next(csv.reader(file, delimiter=";" if options == LEDGER else ","))
    columns = sql.SQL(", ").join(sql.SQL("{} text").format(sql.Identifier(column)) for column in header)
    connection.execute(sql.SQL("create unlogged table {} ({})").format(name, columns))
    for path in paths:
        with (
            path.open("rb") as file,
            connection.cursor().copy(sql.SQL("copy {} from stdin " + options).format(name)) as rows,
        ):
            while part := file.read(READ_BYTES):
                rows.write(part)
    connection.execute(sql.SQL("analyze {}").format(name))


def build(server: dict[str, str], as_of: str) -> None:
    """Runs the project on the server."""
    os.environ |= {"KOBLING_FLOOR_PORT": str(server["port"]), "KOBLING_FLOOR_USER": server["user"]}
    with tempfile.TemporaryDirectory() as folder:
        done = dbtRunner().invoke(
            [
                *("run", "--quiet", "--vars", f"as_of: {as_of}"),
                *("--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)),
                *("--target-path", folder, "--log-path", folder),
            ]
        )
    if not done.success:
        raise SystemExit(str(done.exception or "dbt failed"))


if __name__ == "__main__":
    make(Path(sys.argv[1]), Path(sys.argv[2]))
