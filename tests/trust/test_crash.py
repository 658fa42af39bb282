"""kill -9 at any moment: what readers see stays whole, and the next run says what an undisturbed one says.

Three kinds of moments, all drawn from a seed: before the n-th change of a file, in the middle of a file that has grown
to n bytes (where DuckDB writes, Python tells nobody), and after a time. Every step of the job gets its share in a child
of the fork server, and the command `kobling run` as a process of its own gets some.

What is compared where: after each kill, the publications and the lake as readers find them; after ingest, control and
publication each time, and after the other steps some of the times, also what the steps leave when they run again, table
by table. The long version runs the whole job again after some of the kills of the command.

Everything here is made up: `kobling synth`, and the small build of the tests of publications.
"""

import contextlib
import hashlib
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

import dagster as dg
import duckdb
import pytest
from filelock import FileLock, Timeout

from orchestration import instance as instances
from orchestration import synth
from orchestration.ingest import load_deliveries
from orchestration.publish import current, list_publications, verify
from orchestration.resources import LOCK
from orchestration.settings import Settings
from orchestration.warehouse import validation_file

from ..publish.conftest import SMALL_BUILD, verdicts
from .forkserver import PRINTED, Answer, Attempt, ForkServer

pytestmark = [pytest.mark.slow, pytest.mark.torture]

KEY = "synthetic-key-of-the-tests"
JOB = "kobling"
STEPS = [
    "ingest",
    "control",
    "lake_gate",
    "observed",
    "build_models",
    "marts_gate",
    "observations",
    "publication",
]

Contents = dict[str, object]


@dataclass(frozen=True)
class Site:
    """A home to kill in."""

    path: Path
    landing: Path

    @property
    def environment(self) -> dict[str, str]:
        return {
            "KOBLING_HOME": str(self.path),
            "KOBLING_LANDING": str(self.landing),
            "KOBLING_PSEUDONYM_KEY": KEY,
            # a publication leaves at each publishing
            "KOBLING_KEEP_PUBLICATIONS": "1",
        }

    @property
    def settings(self) -> Settings:
        return Settings(home=self.path, landing=self.landing, pseudonym_key=KEY)

    def copy(self, to: Path) -> "Site":
        shutil.copytree(self.path, to, symlinks=True)
        return Site(to, self.landing)


@pytest.fixture(scope="module")
def server(torture: bool) -> Iterator[ForkServer]:
    with ForkServer(with_gates=torture) as server:
        yield server


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory, server: ForkServer, torture: bool) -> Site:
    """Deliveries in landing, nothing ingested, and the small build published: something for readers to lose."""
    folder = tmp_path_factory.mktemp("crash")
    # large enough to be killed in the middle of a file
    synth.write(folder, children=100 if torture else 20, months=2, seed=1)
    site = Site(folder / "home", folder / "landing")
    build = site.settings.warehouse_path
    build.parent.mkdir(parents=True)
    with duckdb.connect(str(build)) as connection:
        connection.execute(SMALL_BUILD.read_text(encoding="utf-8"))
    for verdict in verdicts():
        verdict.save(validation_file(site.settings, verdict.subject))
    done(server, site, "publication")
    return site


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, server: ForkServer, torture: bool) -> Site:
    """A home in which the whole job has run."""
    if not torture:
        pytest.skip("a whole build to be killed in is in the long version only (make torture)")
    folder = tmp_path_factory.mktemp("built")
    synth.write(folder, children=20, months=2, seed=2)
    site = Site(folder / "home", folder / "landing")
    site.path.mkdir()
    done(server, site, JOB)
    return site


def done(server: ForkServer, site: Site, *jobs: str) -> Answer:
    """Runs jobs undisturbed; the last one's answer."""
    for job in jobs:
        answer = server.run(Attempt(site.environment, job))
        assert (answer.line, answer.is_killed) == (None, False), answer
    return answer


# ---- what readers see


def assert_readers_are_fine(site: Site, allowed: set[str] | None = None) -> None:
    """`current` is there and whole, and so is everything else that has a publication's or a delivery's name."""
    settings = site.settings
    found = current(settings)
    assert found is not None
    assert allowed is None or found.id in allowed
    for publication in list_publications(settings):
        assert verify(settings, publication.id) == []
        with duckdb.connect(str(publication.path / "kobling.duckdb"), read_only=True) as connection:
            rows = connection.execute(
                "select schema_name || '.' || table_name, estimated_size from duckdb_tables()"
            ).fetchall()
        assert dict(rows) == {
            entry.table: entry.rows
            for entry in publication.manifest.tables
            if entry.table.startswith("marts.")
        }
    whole = {publication.id for publication in list_publications(settings)}
    assert {path.name for path in settings.published_path.glob("[!.]*")} == whole | {"current"}
    for delivery in load_deliveries(settings.lake_path):
        for file in delivery.files:
            assert file.lake_file is not None
            [(count,)] = duckdb.execute(
                "select count(*) from read_parquet(?)", [str(settings.lake_path / file.lake_file)]
            ).fetchall()
            assert count == file.accepted


def lake(site: Site) -> Contents:
    """All that is in the lake and in quarantine, but the time of loading."""
    settings = site.settings
    found: Contents = {
        str(path.relative_to(site.path)): digest(path)
        for folder in (settings.lake_path, settings.quarantine_path)
        for path in folder.rglob("*.parquet")
    }
    assert list((settings.lake_path / ".staging").glob("*")) == []
    for record in load_deliveries(settings.lake_path):
        found[f"{record.source} {record.extract_date} {record.status}"] = record.model_dump(
            exclude={"loaded_at"}
        )
    return found


def warehouse(site: Site) -> Contents:
    """Every table of the build, row by row."""
    return tables(site.settings.warehouse_path)


def observations(site: Site) -> Contents:
    folder = site.settings.observations_path
    return {str(path.relative_to(folder)): digest(path) for path in folder.rglob("*") if path.is_file()}


def publication(site: Site) -> Contents:
    """The current publication's tables, row by row, and the bytes of those files that say no time of building."""
    found = current(site.settings)
    assert found is not None
    contents: Contents = {
        str(path.relative_to(found.path)): digest(path)
        for suffix in ("parquet", "csv")
        for path in found.path.rglob(f"*.{suffix}")
    }
    for path in found.path.rglob("*.duckdb"):
        contents |= {f"{path.name} {name}": rows for name, rows in tables(path).items()}
    assert len(contents) > 10
    return contents


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def tables(database: Path) -> Contents:
    """Of every table: how many rows, and a sum over the hashes of its rows."""
    with duckdb.connect(str(database), read_only=True) as connection:
        names = connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables() order by all"
        ).fetchall()
        return {
            name: connection.execute(
                f"select count(*), sum(hash(found)::hugeint) from {name} as found"
            ).fetchone()
            for (name,) in names
        }


# ---- the kills


@dataclass(frozen=True)
class Phase:
    """A step to be killed in, and what the next run does to make up for it."""

    step: str
    again: tuple[str, ...]
    contents: Callable[[Site], Contents]
    moments: int
    """Of the long version."""
    compared_each: int = 1
    forgets: tuple[str, ...] = ()
    """Folders that are removed so that the step has its work to do."""

    def __str__(self) -> str:
        return self.step


ON_SMALL = [
    Phase("ingest", ("ingest",), lake, moments=80, compared_each=4, forgets=("lake", "quarantine")),
    Phase("publication", ("publication",), publication, moments=24, compared_each=4),
]
ON_BUILT = [
    Phase("control", ("control",), warehouse, moments=20, compared_each=4),
    Phase("lake_gate", ("lake_gate",), warehouse, moments=14, compared_each=7),
    Phase(
        "observed",
        ("control", "observed"),
        observations,
        moments=8,
        compared_each=4,
        forgets=("warehouse/observations",),
    ),
    Phase("build_models", ("control", "observed", "build_models"), warehouse, moments=10, compared_each=5),
    Phase("marts_gate", ("marts_gate",), warehouse, moments=8, compared_each=4),
    Phase("observations", ("observations",), observations, moments=20, compared_each=4),
    Phase("publication", ("publication",), publication, moments=6, compared_each=3),
]
COMMANDS = 20


@pytest.mark.parametrize("phase", ON_SMALL, ids=str)
def test_a_killed_step_harms_nobody_and_is_made_up_for(
    phase: Phase,
    published: Site,
    server: ForkServer,
    torture: bool,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    kill_often(
        phase, published.copy(tmp_path / "home"), server, phase.moments if torture else 4, record_property
    )


@pytest.mark.parametrize("phase", ON_BUILT, ids=str)
def test_a_killed_step_of_a_whole_build_harms_nobody_and_is_made_up_for(
    phase: Phase,
    built: Site,
    server: ForkServer,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    kill_often(phase, built.copy(tmp_path / "home"), server, phase.moments, record_property)


def kill_often(
    phase: Phase,
    site: Site,
    server: ForkServer,
    moments: int,
    record_property: Callable[[str, object], None],
) -> None:
    """Kills the step at so many moments, one after the other in the same home."""
    draw = random.Random(phase.step)
    forget(site, phase)
    undisturbed = done(server, site, *phase.again)
    expected = phase.contents(site)
    largest = max(path.stat().st_size for path in site.path.rglob("*") if path.is_file())
    kinds = cycle(["change", "size", "time"])
    killed = compared = 0
    tried: dict[str, int] = {}
    while killed < moments:
        forget(site, phase)
        kind = next(kinds)
        attempt = Attempt(
            site.environment,
            phase.step,
            # half of them in the last fifth, where what was made gets its name
            kill_before=draw.randint(draw.choice([1, undisturbed.changes * 4 // 5]), undisturbed.changes)
            if kind == "change"
            else None,
            kill_at_size=int(4096 * (largest / 4096) ** draw.random()) if kind == "size" else None,
            kill_after=draw.uniform(0, undisturbed.seconds) if kind == "time" else None,
        )
        if kind == "size":
            # its database has grown beyond most sizes
            shutil.rmtree(site.settings.dagster_path)
        before = {found.id for found in list_publications(site.settings)}
        answer = server.run(attempt)
        assert answer.line is None, answer
        if not answer.is_killed:
            # the load of the machine changes, and a home that has seen a run has fewer files to make
            undisturbed = answer
        killed += answer.is_killed
        tried[kind] = tried.get(kind, 0) + answer.is_killed
        after = {found.id for found in list_publications(site.settings)}
        assert_readers_are_fine(site, before | (after if phase.step == "publication" else set()))
        if answer.is_killed and killed % phase.compared_each == 0:
            done(server, site, *phase.again)
            assert_readers_are_fine(site)
            assert phase.contents(site) == expected
            compared += 1
    record_property("kills", {"step": phase.step, "killed": killed, **tried, "compared": compared})


def forget(site: Site, phase: Phase) -> None:
    for folder in phase.forgets:
        shutil.rmtree(site.path / folder, ignore_errors=True)


# ---- the command itself


def test_the_command_killed_at_any_moment_harms_nobody_and_is_made_up_for(
    request: pytest.FixtureRequest,
    server: ForkServer,
    torture: bool,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    """`kobling run` as a process, from its first import on; the next whole run equals an undisturbed one."""
    site = request.getfixturevalue("built" if torture else "published").copy(tmp_path / "home")
    all_of_it = Phase(
        JOB, (JOB,), publication, COMMANDS, forgets=("lake", "quarantine", "warehouse/observations")
    )
    draw = random.Random("command")
    # the short version is over before the first step is
    longest = 8.0
    if torture:
        forget(site, all_of_it)
        began = time.monotonic()
        ended = command(site).wait()
        longest = time.monotonic() - began
        assert ended == 0
        expected = publication(site)
    killed: list[str] = []
    while len(killed) < (COMMANDS if torture else 1):
        if len(killed) % 5 == 0:
            forget(site, all_of_it)
        before = last_event(site)
        process = command(site)
        # early moments more often: what comes late has its share of kills in its own step
        with contextlib.suppress(subprocess.TimeoutExpired):
            assert process.wait(longest * draw.random() ** 2) == 0
            continue
        process.send_signal(signal.SIGKILL)
        process.wait()
        killed.append(step_after(site, before))
        assert_readers_are_fine(site)
    if torture:
        done(server, site, JOB)
        assert_readers_are_fine(site)
        assert publication(site) == expected
        with instances.open_instance(site.settings) as instance:
            assert instances.end_dead_runs(instance) == []
            unfinished = dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTING])
            assert instance.get_runs(unfinished) == []
    record_property("kills", {"step": "command", "killed": len(killed), **Counter(killed)})


def command(site: Site, *more: str) -> "subprocess.Popen[str]":
    program = Path(sys.executable).with_name("kobling")
    return subprocess.Popen(
        [program, "run", *more],
        env={**os.environ, **site.environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def last_event(site: Site) -> int:
    with events(site) as connection:
        [(found,)] = connection.execute("select coalesce(max(id), 0) from event_logs").fetchall()
    return int(found)


def step_after(site: Site, event: int) -> str:
    """The step that had begun last."""
    with events(site) as connection:
        found = connection.execute(
            "select step_key from event_logs where id > ? and dagster_event_type = 'STEP_START' order by id desc",
            [event],
        ).fetchone()
    return str(found[0]) if found else "before the first step"


def events(site: Site) -> "contextlib.closing[sqlite3.Connection]":
    return contextlib.closing(sqlite3.connect(site.settings.dagster_path / "event_log.db"))


def test_a_killed_run_of_dagsters_own_is_noticed(
    built: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the daemon starts has no command around it: the next look at the queue ends it, and readers lose nothing."""
    site = built.copy(tmp_path / "home")
    home = instances.prepare_home(site.settings)
    program = Path(sys.executable).with_name("dagster")
    process = subprocess.Popen(
        [program, "job", "execute", "-m", "orchestration.definitions", "-j", JOB],
        env={**os.environ, **site.environment, "DAGSTER_HOME": str(home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    before = last_event(site)
    waited = time.monotonic()
    while step_after(site, before) == "before the first step":
        assert process.poll() is None
        assert time.monotonic() - waited < 300
        time.sleep(0.2)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert_readers_are_fine(site)
    with instances.open_instance(site.settings) as instance:
        [ended] = instances.end_dead_runs(instance)
        found = instance.get_run_by_id(ended)
        assert found is not None and found.status == dg.DagsterRunStatus.FAILURE


# ---- two at once


def test_the_second_of_two_runs_waits_and_says_so(built: Site, server: ForkServer, tmp_path: Path) -> None:
    """Both publish, one after the other; the same is so of a `kobling run` beside a run of Dagster's."""
    site = built.copy(tmp_path / "home")
    server.start(Attempt(site.environment, JOB))
    while not is_locked(site):
        time.sleep(0.05)
    second = command(site)
    first = server.finish()
    out, err = second.communicate()
    assert (first.line, second.returncode, err) == (None, 0, "kobling: waiting for another run\n")
    assert_readers_are_fine(site)
    found = current(site.settings)
    assert found is not None
    assert out.splitlines()[0] == str(found.path)


def test_a_step_waits_for_whoever_writes(published: Site, server: ForkServer, tmp_path: Path) -> None:
    site = published.copy(tmp_path / "home")
    with FileLock(site.path / LOCK):
        server.start(Attempt(site.environment, "ingest"))
        printed = site.path / PRINTED
        while not printed.exists() or "waiting" not in printed.read_text():
            time.sleep(0.05)
        assert load_deliveries(site.settings.lake_path) == []
    answer = server.finish()
    assert (answer.line, answer.printed) == (None, "kobling: waiting for another run\n")
    assert lake(site)


def is_locked(site: Site) -> bool:
    lock = FileLock(site.path / LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    lock.release()
    return False


# ---- disks and folders


@pytest.fixture
def mount(tmp_path: Path) -> Iterator[Callable[..., None]]:
    """Mounts until the test's end; a machine that does not allow it skips the test."""
    mounted: list[Path] = []

    def mount(folder: Path, *arguments: str) -> None:
        folder.mkdir(exist_ok=True)
        tried = subprocess.run(
            ["mount", *arguments, str(folder)], capture_output=True, text=True, check=False
        )
        if tried.returncode:
            pytest.skip(f"this machine does not allow mounting: {tried.stderr.strip()}")
        if "remount" not in arguments[1]:
            mounted.append(folder)

    yield mount
    for folder in reversed(mounted):
        subprocess.run(["umount", str(folder)], check=True)


Mount = Callable[..., None]


@pytest.mark.parametrize("step", ["ingest", "publication"])
def test_a_full_disk_is_one_line_and_the_run_after_it_makes_up(
    published: Site, server: ForkServer, mount: Mount, step: str, torture: bool, tmp_path: Path
) -> None:
    phase = next(found for found in ON_SMALL if found.step == step)
    whole = published.copy(tmp_path / "whole")
    used = bytes_below(whole.path)
    undisturbed = done(server, whole, *phase.again)
    expected, needed = phase.contents(whole), bytes_below(whole.path) - used
    disk = tmp_path / "disk"
    refused = 0
    # nothing free at all, and almost enough
    for number, share in enumerate([0.0, 0.1, 0.3, 0.6, 0.9] if torture else [0.2]):
        folder = disk.with_name(f"disk{number}")
        mount(folder, "-t", "tmpfs", "-o", f"size={used * 2}", "tmpfs")
        site = published.copy(folder / "home")
        filled = bytes_below(folder) + int(needed * share)
        mount(folder, "-o", f"remount,size={filled}")
        answer = server.run(Attempt(site.environment, phase.step))
        assert answer.line is None or is_of_the_disk(answer), answer
        refused += answer.line is not None
        mount(folder, "-o", f"remount,size={filled * 2 + 3 * needed}")
        assert_readers_are_fine(site)
        done(server, site, *phase.again)
        assert phase.contents(site) == expected
    assert refused, undisturbed


def is_of_the_disk(answer: Answer) -> bool:
    assert answer.line is not None
    return "\n" not in answer.line and "free disk space" in answer.line and answer.exit_status == 2


def bytes_below(folder: Path) -> int:
    """As the file system counts them: in whole blocks, folders too."""
    return sum(path.lstat().st_blocks * 512 + 4096 for path in folder.rglob("*"))


def test_landing_may_be_read_only(published: Site, server: ForkServer, mount: Mount, tmp_path: Path) -> None:
    site = published.copy(tmp_path / "home")
    done(server, site, "ingest")
    expected = lake(site)
    locked = tmp_path / "landing"
    mount(locked, "-o", "bind,ro", str(published.landing))
    with pytest.raises(OSError, match="Read-only"):
        (locked / "new").mkdir()
    second = Site(published.copy(tmp_path / "second").path, locked)
    done(server, second, "ingest")
    assert lake(second) == expected


def test_a_publication_folder_that_cannot_be_written_is_one_line(
    published: Site, server: ForkServer, mount: Mount, tmp_path: Path
) -> None:
    site = published.copy(tmp_path / "home")
    folder = site.settings.published_path
    mount(folder, "-o", "bind,ro", str(published.settings.published_path))
    answer = server.run(Attempt(site.environment, "publication"))
    assert answer.exit_status == 2
    assert answer.line is not None and answer.line.startswith("Read-only file system: "), answer
    assert answer.line.endswith("; mount it for writing, then run again")
    assert_readers_are_fine(site)
