"""The shared extracts on both engines: every table equal row by row, to the øre, through the same gate."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from tests.home import KEY, kobling

pytestmark = [pytest.mark.spark, pytest.mark.slow]

SCHEMAS = ("intermediate", "marts", "steward")


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory, shared_data: Path) -> tuple[Path, Path]:
    """A home built by DuckDB, and one with the same lake and observations, built by Spark."""
    ours = tmp_path_factory.mktemp("duckdb")
    done = kobling(ours, shared_data / "landing", "run")
    assert done.returncode == 0, done.stderr
    sparks = tmp_path_factory.mktemp("spark") / "home"
    shutil.copytree(ours, sparks, symlinks=True, ignore=shutil.ignore_patterns("published", "dagster"))
    done = subprocess.run(
        [Path(sys.executable).with_name("kobling"), "run"],
        env={
            **os.environ,
            "KOBLING_TARGET": "spark",
            "KOBLING_HOME": str(sparks),
            "KOBLING_LANDING": str(shared_data / "landing"),
            "KOBLING_PSEUDONYM_KEY": KEY,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return ours, sparks


@pytest.fixture(scope="module")
def both(homes: tuple[Path, Path]) -> Iterator[duckdb.DuckDBPyConnection]:
    """The private builds as `ours` and `sparks`, the publications as `our_marts`, `our_steward` and so on."""
    with duckdb.connect() as connection:
        for whose, home in zip(("our", "spark"), homes, strict=True):
            current = home / "published" / "current"
            for name, file in {
                f"{whose}s": home / "warehouse" / "kobling.duckdb",
                f"{whose}_marts": current / "kobling.duckdb",
                f"{whose}_steward": current / "steward" / "steward.duckdb",
            }.items():
                connection.execute(f"attach '{file}' as {name} (read_only)")
        yield connection


def tables(connection: duckdb.DuckDBPyConnection, database: str) -> dict[str, list[tuple[str, str]]]:
    """`schema.table` → columns and types in their order."""
    found: dict[str, list[tuple[str, str]]] = {}
    for schema, table, column, type_ in connection.execute(
        "select schema_name, table_name, column_name, data_type from duckdb_columns() "
        "where database_name = ? and not internal order by all",
        [database],
    ).fetchall():
        found.setdefault(f"{schema}.{table}", []).append((column, type_))
    return found


def differences(connection: duckdb.DuckDBPyConnection, ours: str, sparks: str) -> dict[str, tuple[int, int]]:
    """Table → rows that only DuckDB has and that only Spark has, of the tables that differ."""
    found = {}
    for table in tables(connection, ours):
        if ours != "ours" or table.split(".")[0] in SCHEMAS:
            counts = connection.execute(
                f"select (select count(*) from (from {ours}.{table} except all from {sparks}.{table})), "
                f"(select count(*) from (from {sparks}.{table} except all from {ours}.{table}))"
            ).fetchone()
            assert counts
            if counts != (0, 0):
                found[table] = counts
    return found


@pytest.mark.parametrize(
    ("ours", "sparks"),
    [("ours", "sparks"), ("our_marts", "spark_marts"), ("our_steward", "spark_steward")],
)
def test_every_table_is_the_same(both: duckdb.DuckDBPyConnection, ours: str, sparks: str) -> None:
    assert tables(both, sparks) == tables(both, ours)
    assert differences(both, ours, sparks) == {}


def test_a_difference_would_be_seen(both: duckdb.DuckDBPyConnection) -> None:
    both.execute("create schema marts")
    both.execute("create table marts.mart_overrun as from our_marts.marts.mart_overrun")
    both.execute("update marts.mart_overrun set forecast = forecast + 0.01 where rowid = 0")
    database = str(both.execute("select current_database()").fetchall()[0][0])
    assert differences(both, database, "spark_marts") == {"marts.mart_overrun": (1, 1)}


def test_there_is_something_to_compare(both: duckdb.DuckDBPyConnection) -> None:
    rows = both.execute(
        "select count(*) from spark_marts.marts.fct_posting_match "
        "union all select count(*) from spark_marts.marts.mart_overrun where forecast <> 0"
    ).fetchall()
    assert rows[0][0] > 10_000
    assert rows[1][0] > 20


def test_spark_built_it(homes: tuple[Path, Path]) -> None:
    ours, sparks = (sorted((home / "warehouse" / "spark").glob("marts/*/_SUCCESS")) for home in homes)
    assert ours == []
    assert len(sparks) > 50


def test_the_gate_judged_the_same(homes: tuple[Path, Path]) -> None:
    ours, sparks = (
        json.loads((home / "published" / "current" / "manifest.json").read_text(encoding="utf-8"))
        for home in homes
    )
    assert sparks["gate"] == ours["gate"]
    assert sparks["id"] != ours["id"]
