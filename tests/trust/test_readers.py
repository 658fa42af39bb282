"""Readers and the writer never meet: eight programs ask without pause while one publication after the other comes.

Belongs here: what readers of files see, and what the writer pays for them. Does not: readers of PostgreSQL
(tests/publish/test_postgres.py). Amounts and ids are synthetic.
"""

import json
import os
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import MagicMock

import duckdb
import pyarrow.parquet
import pytest

from orchestration.publish import Publication, pages, public_part, verify
from orchestration.publish import publication as publishing
from orchestration.publish.publication import publish
from orchestration.settings import PROJECT_ROOT, Settings
from tests.publish.conftest import DELIVERIES, MARCH, SMALL_BUILD, verdicts

READER = Path(__file__).with_name("reader.py")
OLD_DRIVER = PROJECT_ROOT / ".venv" / "duckdb-1.4"

# a way to read, and whether by the older driver
READERS = [
    ("files", False),
    ("files", False),
    ("files", True),
    ("parquet", False),
    ("parquet", True),
    ("arrow", False),
    ("loose", False),
    ("held", False),
]
PATIENCE = 300.0
POSTINGS = 50_000
KEPT = 12
"""Publications: more than come while a reader is stopped."""


@pytest.fixture
def _without_pages(monkeypatch: pytest.MonkeyPatch):
    """Pages, charts and workbooks take most of the time and no reader of tables meets them; the rest is real."""
    nothing = MagicMock()
    nothing.BI = pages.BI
    for name in (
        *("pages", "workbooks", "overview_workbooks", "keyfigures_workbooks", "write_steward_part"),
        *("read_overview", "overview_page", "read_keyfigures", "keyfigures_page", "validation_page"),
    ):
        monkeypatch.setattr(publishing, name, nothing)
    monkeypatch.setattr(public_part, "page", nothing)


class Writer:
    """Publishes one build again and again, every amount of it a krone more each time."""

    def __init__(self, home: Path, kept: int) -> None:
        self.settings = Settings(home=home, keep_publications=kept)
        self.build = home / "build.duckdb"
        home.mkdir()
        with duckdb.connect(str(self.build)) as connection:
            connection.execute(SMALL_BUILD.read_text(encoding="utf-8"))
            # enough to read for a switch to come in the middle
            connection.execute(
                "insert into marts.fct_posting select postings.* replace ('x' || number as posting_id) "
                f"from (from marts.fct_posting limit 1) as postings, range({POSTINGS}) as numbers (number)"
            )
            self.amounts = connection.execute(
                "select schema_name || '.' || table_name, column_name from duckdb_columns() "
                "inner join duckdb_tables() using (schema_name, table_name) "
                "where schema_name in ('marts', 'steward') and data_type = 'DECIMAL(18,2)'"
            ).fetchall()
        assert len(self.amounts) > 50

    def publish(self) -> Publication:
        """The next one."""
        with duckdb.connect(str(self.build)) as connection:
            for table, column in self.amounts:
                connection.execute(f'update {table} set "{column}" = "{column}" + 1')
        return publish(self.settings, self.build, MARCH, verdicts(), DELIVERIES, "run")

    def seconds(self) -> float:
        """How long the next one takes."""
        began = time.monotonic()
        self.publish()
        return time.monotonic() - began


@contextmanager
def reading(published: Path, stop: Path) -> Iterator[list[subprocess.Popen[str]]]:
    """All readers, each of which has read a whole publication; they end with the block."""
    programs = []
    try:
        for way, is_old in READERS:
            environment = os.environ | ({"PYTHONPATH": str(OLD_DRIVER)} if is_old else {})
            programs.append(
                subprocess.Popen(
                    [sys.executable, str(READER), way, str(published), str(stop)],
                    env=environment,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
        for program in programs:
            assert program.stdout is not None
            line = program.stdout.readline()
            assert line == "ready\n", line
        yield programs
    except BaseException:
        for program in programs:
            program.kill()
            program.wait()
        raise
    finally:
        stop.touch()


@contextmanager
def stopped(programs: list[subprocess.Popen[str]]) -> Iterator[None]:
    """The readers stand still for the block; who waits for them, waits till we lose patience."""

    def send(sign: signal.Signals) -> None:
        for program in programs:
            program.send_signal(sign)

    send(signal.SIGSTOP)
    timer = threading.Timer(PATIENCE, send, [signal.SIGCONT])
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        send(signal.SIGCONT)


@pytest.mark.torture
@pytest.mark.usefixtures("_without_pages")
def test_eight_readers_ask_without_pause_while_publications_come(
    tmp_path: Path, torture: bool, record_property: Callable[[str, object], None]
):
    if not OLD_DRIVER.is_dir():
        pytest.skip("no DuckDB 1.4 driver in .venv/duckdb-1.4: run the tests by `make test`")
    times, again = (20, 3) if torture else (2, 1)
    writer = Writer(tmp_path / "home", KEPT)
    writer.publish()
    alone = statistics.median(writer.seconds() for _ in range(again))
    stop = tmp_path / "stop"
    with reading(writer.settings.published_path, stop) as programs:
        # in the middle of whatever they do, files open
        with stopped(programs):
            beside_stopped = statistics.median(writer.seconds() for _ in range(again))
        beside_running = statistics.median(writer.seconds() for _ in range(times))
    met = [json.loads(program.communicate(timeout=PATIENCE)[0]) for program in programs]

    assert [reader["error"] for reader in met if "error" in reader] == []
    assert [wrong for reader in met for wrong in reader["wrong"]] == []
    for reader, (way, is_old) in zip(met, READERS, strict=True):
        assert reader["driver"].startswith("1.4." if is_old else "2.")
        if way == "held":
            [held] = reader["publications"]
            is_kept = (writer.settings.published_path / held).exists()
            assert is_kept != torture, "after so many it read on when it was kept no more"
        else:
            assert len(reader["publications"]) >= 2
    assert verify(writer.settings) == []
    assert beside_stopped < PATIENCE, "it waited for a reader"

    total = {name: sum(reader[name] for reader in met) for name in ("queries", "sessions", "overtaken")}
    record_property(
        "figures",
        f"{len(READERS)} readers, {times + again} publications beside them: {total['queries']} queries in "
        f"{total['sessions']} sessions, {total['overtaken']} of them overtaken by a publication, 0 errors, "
        f"slowest query {max(reader['slowest'] for reader in met):.2f} s; a publication takes {alone:.1f} s alone, "
        f"{beside_stopped:.1f} s beside stopped readers (x {beside_stopped / alone:.2f}), "
        f"{beside_running:.1f} s beside running ones on {os.cpu_count()} cores",
    )


@pytest.mark.usefixtures("_without_pages")
def test_a_reader_whose_publication_is_kept_no_more_reads_on_or_is_told(tmp_path: Path):
    """What is open stays whole to its end; what is opened by a name that is gone is not found, and never half there."""
    writer = Writer(tmp_path / "home", kept=1)
    old = writer.publish()
    stated = {entry.name: (entry.rows, *entry.sums.values()) for entry in old.manifest.tables}
    marts = [entry for entry in old.manifest.tables if entry.table.startswith("marts.")]
    posting = old.path / "parquet" / "fct_posting.parquet"
    with (
        duckdb.connect(str(old.path / "kobling.duckdb"), read_only=True) as connection,
        duckdb.connect() as other,
        pyarrow.parquet.ParquetFile(posting) as opened,
    ):
        writer.publish()
        assert not old.path.exists()
        # none of it was read before
        for entry in marts:
            sums = "".join(f', sum("{column}")' for column in entry.sums)
            row = connection.execute(f"select count(*){sums} from {entry.table}").fetchone()
            assert row == stated[entry.name], entry.name
        assert sum(opened.read(["amount_dkk"]).column(0).to_pylist()) == stated["fct_posting"][1]
        with pytest.raises(duckdb.IOException, match="No files found"):
            other.execute(f"from read_parquet('{posting}')")
        with pytest.raises(FileNotFoundError):
            pyarrow.parquet.read_table(posting)
