"""A reader of publications, as BI tools are: a program of its own that asks without pause until it is told to stop.

Belongs here: the ways to read. Does not: the tests (test_readers). It imports nothing of Kobling's, for DuckDB 1.4 runs
it too. Arguments: a way, the folder of publications, a file whose appearing says stop. It prints a line once it has
read all tables, and at the end what it met, as JSON.
"""

import json
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

Manifest = dict[str, Any]
Ask = Callable[[str, list[str]], tuple[Any, ...]]
"""From a table of the manifest and its amounts to the number of rows and the sums."""


class Way:
    """How a session opens a publication: a context that gives a way to ask."""

    @staticmethod
    @contextmanager
    def files(folder: Path) -> Iterator[Ask]:
        """Both DuckDB files."""
        with (
            duckdb.connect(str(folder / "kobling.duckdb"), read_only=True) as marts,
            duckdb.connect(str(folder / "steward" / "steward.duckdb"), read_only=True) as steward,
        ):
            for connection in (marts, steward):
                connection.execute("set threads = 1")
            schemas = {"marts": (marts, "marts"), "steward": (steward, "main")}

            def ask(table: str, amounts: list[str]) -> tuple[Any, ...]:
                schema, name = table.split(".")
                connection, there = schemas[schema]
                return _row(connection, f"{there}.{name}", amounts)

            yield ask

    @staticmethod
    @contextmanager
    def parquet(folder: Path) -> Iterator[Ask]:
        """The Parquet files, by DuckDB."""
        with duckdb.connect() as connection:
            connection.execute("set threads = 1")
            yield lambda table, amounts: _row(
                connection, f"read_parquet('{folder}/parquet/{table.split('.')[1]}.parquet')", amounts
            )

    @staticmethod
    @contextmanager
    def arrow(folder: Path) -> Iterator[Ask]:
        """The Parquet files, by Arrow."""
        import pyarrow.compute
        import pyarrow.parquet

        def ask(table: str, amounts: list[str]) -> tuple[Any, ...]:
            read = pyarrow.parquet.read_table(folder / "parquet" / f"{table.split('.')[1]}.parquet")
            sums = [pyarrow.compute.sum(read.column(column)).as_py() for column in amounts]
            return (read.num_rows, *sums)

        yield ask


def _row(connection: duckdb.DuckDBPyConnection, table: str, amounts: list[str]) -> tuple[Any, ...]:
    sums = "".join(f', sum("{column}")' for column in amounts)
    row = connection.execute(f"select count(*){sums} from {table}").fetchone()
    assert row is not None
    return row


def read(way: str, published: Path, stop: Path) -> dict[str, Any]:
    """Sessions, one after the other; each looks up once where `current` points and stays there.

    `held` is one session that lasts as long as the program; `loose` does not look up, and opens `current` itself.
    """
    met: dict[str, Any] = {
        "way": way,
        "driver": duckdb.__version__,
        "sessions": 0,
        "queries": 0,
        "overtaken": 0,
    }
    met |= {"slowest": 0.0, "wrong": [], "publications": []}
    open_ = {"held": Way.files, "loose": Way.files}.get(way) or getattr(Way, way)
    while not stop.exists():
        current = published / "current"
        folder = current.resolve(strict=True)
        with open_(current if way == "loose" else folder) as ask:
            manifests = [_manifest(folder)]
            if way == "loose":
                # whatever current was between looking up and opening; then both files are of one or of two
                manifests.append(_manifest(current.resolve(strict=True)))
            met["publications"] += [manifest["id"] for manifest in manifests]
            _session(met, ask, manifests, lambda: way == "held" and not stop.exists())
        met["sessions"] += 1
        met["overtaken"] += current.resolve() != folder
        if met["sessions"] == 1 and way != "held":
            print("ready", flush=True)
    return met | {"publications": sorted(set(met["publications"]))}


def _session(
    met: dict[str, Any], ask: Ask, manifests: list[Manifest], is_going_on: Callable[[], bool]
) -> None:
    """Asks for every table's rows and sums, once at least, and holds them against the manifest."""
    while True:
        answers: list[tuple[str, tuple[Any, ...]]] = []
        for entry in manifests[0]["tables"]:
            if met["way"] not in ("files", "held") and not entry["table"].startswith("marts."):
                continue
            began = time.monotonic()
            answers.append((entry["table"], ask(entry["table"], list(entry["sums"]))))
            met["slowest"] = max(met["slowest"], time.monotonic() - began)
            met["queries"] += 1
        wrong = min((_wrong(answers, manifest) for manifest in manifests), key=len)
        met["wrong"] += wrong
        if met["way"] == "held" and met["sessions"] == 0 and met["queries"] == len(answers):
            print("ready", flush=True)
        if not is_going_on():
            return


def _wrong(answers: list[tuple[str, tuple[Any, ...]]], manifest: Manifest) -> list[str]:
    stated = {
        entry["table"]: (
            entry["rows"],
            *(None if total is None else Decimal(total) for total in entry["sums"].values()),
        )
        for entry in manifest["tables"]
    }
    return [f"{manifest['id']}: {table}: {row}" for table, row in answers if stated[table] != row]


def _manifest(folder: Path) -> Manifest:
    found: Manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return found


if __name__ == "__main__":
    _, way, published, stop = sys.argv
    try:
        print(json.dumps(read(way, Path(published), Path(stop))))
    except Exception:
        # the last line of what went wrong is the test's to show
        print(json.dumps({"way": way, "error": traceback.format_exc()}))
        sys.exit(1)
