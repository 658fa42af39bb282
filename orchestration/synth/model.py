"""The made-up municipality as tables of one DuckDB database, built by the SQL files in order.

Belongs here: the connection, the session variables and the reference tables. Does not: what a table holds
(`sql/`).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from orchestration.settings import PROJECT_ROOT
from orchestration.synth import defects
from orchestration.synth.calendar import Schedule

SQL = Path(__file__).parent / "sql"
TABLES = Path(__file__).parent / "tables"
SEEDS = PROJECT_ROOT / "seeds"

MEMORY = "3GB"
"""What tables, sorts and joins may take; the rest lies on the disk."""

# What the project's reference data say of the case system; the synthetic data follow them.
SEED_TABLES = {
    "provider": "provider",
    "section": "section",
    "section_activity": "section_activity",
    "account_correction": "account_correction",
    "activity_seed": "activity",
    "category_seed": "activity_category",
}


@contextmanager
def build(scratch: Path, schedule: Schedule, children: int, seed: int) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to the finished tables, closed at the end.

    The database lies in `scratch`, so that large populations spill to disk instead of filling the memory.
    """
    connection = duckdb.connect(str(scratch / "synth.duckdb"), config={"memory_limit": MEMORY})
    try:
        _set_variables(connection, schedule, children, seed)
        _read_reference(connection)
        for name in ("macros", "population", "courses"):
            run_file(connection, SQL / f"{name}.sql")
        defects.plant(connection, SQL / "defects")
        for name in (
            "cases",
            "payments",
            "claims",
            "ledger",
            "reports",
            "truth",
            "plan",
            "agreements",
            "assumptions",
        ):
            run_file(connection, SQL / f"{name}.sql")
        yield connection
    finally:
        connection.close()


def run_file(connection: duckdb.DuckDBPyConnection, file: Path) -> None:
    """Run all statements of a SQL file."""
    connection.execute(file.read_text(encoding="utf-8"))


def _set_variables(
    connection: duckdb.DuckDBPyConnection, schedule: Schedule, children: int, seed: int
) -> None:
    connection.execute(f"set variable seed = {seed:d}::bigint")
    connection.execute(f"set variable children = {children:d}")
    days = {
        "first_delivery": schedule.first,
        "last_delivery": schedule.last,
        "news_from": schedule.news_from,
        "delivered_from": schedule.delivered_from,
        "ledger_from": schedule.ledger_from,
        "window_from": schedule.window_from,
    }
    for name, day in days.items():
        connection.execute(f"set variable {name} = date '{day}'")


def _read_reference(connection: duckdb.DuckDBPyConnection) -> None:
    """The package's own tables (`tables/*.csv`) and the project's seeds, all as text."""
    files = {file.stem: file for file in sorted(TABLES.glob("*.csv"))}
    files |= {table: SEEDS / f"{seed}.csv" for table, seed in SEED_TABLES.items()}
    for table, file in files.items():
        connection.execute(
            f"create table {table} as select * from read_csv(?, all_varchar = true, header = true)",
            [str(file)],
        )
    # As the case system itself writes them, blemishes included.
    for kind in ("activity", "category"):
        connection.execute(
            f"create view {kind}_name as select {kind}_no, source_name as name from {kind}_seed"
        )
