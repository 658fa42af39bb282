"""Is everything there that a run needs, and whole: one line a thing, and how to mend it.

Belongs here: looking. Does not: changing anything, but for dbt's parsed project; nor waiting for a run that goes on.
No line shows a secret, or the words of a library that may quote one.
"""

import importlib.metadata
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import duckdb

from orchestration import dbt
from orchestration.errors import KoblingError
from orchestration.freshness import overdue
from orchestration.ingest import Delivery, load_deliveries
from orchestration.ingest.decode import file_hash
from orchestration.ingest.keys import key_fingerprint, require_key_of_lake
from orchestration.ingest.landing import scan
from orchestration.ingest.profiles import load_profiles
from orchestration.publish import current, verify
from orchestration.settings import PROJECT_ROOT, Settings

if TYPE_CHECKING:
    from dagster._core.scheduler.instigation import InstigatorState

LOCK_FILE = PROJECT_ROOT / "requirements.lock"
NEWEST_PYTHON = (3, 13)
TIMEOUT_SECONDS = 5
BUILDS_OF_SPACE = 3
"""Free space for so many builds: the next one, its publication, and what a rebuild adds."""


@dataclass(frozen=True)
class Finding:
    """What was found of one thing."""

    level: Literal["ok", "warn", "fail"]
    name: str
    text: str

    def __str__(self) -> str:
        return f"{self.level:<4}  {self.name:<11}  {self.text}"


def examine(settings: Settings) -> Iterator[Finding]:
    """Looks at everything, one thing after the other; what cannot be looked at fails, and the rest goes on."""
    for name, look in CHECKS.items():
        try:
            for level, text in look(settings):
                yield Finding(level, name, text)
        except KoblingError as error:
            yield Finding("fail", name, str(error))
        except PermissionError as error:
            yield Finding("fail", name, f"{error.filename}: this user may not look there; chown or chmod it")
        except Exception as error:
            yield Finding("fail", name, f"could not be looked at: {type(error).__name__}")


Found = Iterator[tuple[Literal["ok", "warn", "fail"], str]]


def _python(_: Settings) -> Found:
    version = ".".join(str(part) for part in sys.version_info[:3])
    if (3, 11) <= sys.version_info[:2] <= NEWEST_PYTHON:
        yield "ok", f"Python {version}"
    else:
        yield "fail", f"Python {version}; install 3.11, 3.12 or 3.13 and make the environment again"


def _packages(_: Settings) -> Found:
    locked = dict(
        line.split("==") for line in LOCK_FILE.read_text(encoding="utf-8").splitlines() if "==" in line
    )
    there = {_plain(found.name): found.version for found in importlib.metadata.distributions()}
    other = [name for name, version in locked.items() if there.get(_plain(name)) != version]
    if other:
        names = ", ".join(other[:5]) + (f" and {len(other) - 5} more" if len(other) > 5 else "")
        yield "warn", f"not as in requirements.lock: {names}; `make .venv/runtime` installs what was tested"
    else:
        yield "ok", f"{len(locked)} packages as in requirements.lock"


def _key(settings: Settings) -> Found:
    yield "ok", f"set, and the lake's; fingerprint {key_fingerprint(require_key_of_lake(settings))}"


def _folders(settings: Settings) -> Found:
    home = settings.home_path
    if not home.is_dir():
        yield "warn", f"{home} is not there; the first run makes it (KOBLING_HOME)"
        return
    folders = [
        home,
        *(path for path in sorted(home.iterdir()) if path.is_dir() and path != settings.landing_path),
    ]
    if locked := [path.name for path in folders if not os.access(path, os.W_OK | os.X_OK)]:
        yield "fail", f"not writable: {', '.join(locked)} in {home}; chown them to the user of the service"
    if opened := [path.name for path in folders if path.stat().st_mode & 0o006]:
        yield "warn", f"open to everybody: {', '.join(opened)} in {home}; chmod -R o-rwx"
    if not locked and not opened:
        yield "ok", f"{home} is writable, and closed to others"


def _space(settings: Settings) -> Found:
    there = next(path for path in (settings.home_path, *settings.home_path.parents) if path.exists())
    free = shutil.disk_usage(there).free
    published = current(settings)
    build = _size(settings.warehouse_path.parent) + (_size(published.path) if published else 0)
    said = f"{free / 1e9:.1f} GB free, a build takes {build / 1e9:.1f} GB"
    if free < build * BUILDS_OF_SPACE:
        yield "fail", f"{said}; free some, or keep fewer publications (KOBLING_KEEP_PUBLICATIONS)"
    else:
        yield "ok", said


def _landing(settings: Settings) -> Found:
    landing = settings.landing_path
    if not landing.is_dir():
        yield "warn", f"{landing} is not there; make it, or set KOBLING_LANDING"
        return
    deliveries, notices = scan(landing, load_profiles(settings.profiles_path))
    for notice in notices:
        yield "warn", notice
    for delivery in deliveries:
        for name in delivery.files:
            with (delivery.folder / name).open("rb") as file:
                file.read(1)
    yield "ok", f"{len(deliveries)} deliveries can be read in {landing}"


def _overdue(settings: Settings) -> Found:
    late = overdue(load_deliveries(settings.lake_path), date.today())  # noqa: DTZ011 the machine's own day
    for found in late:
        yield "warn", str(found)
    if not late:
        yield "ok", "nothing is overdue"


def _dbt(settings: Settings) -> Found:
    dbt.prepare()
    yield "ok", f"the project parses, for target {settings.target}"


def _lake(settings: Settings) -> Found:
    deliveries = [found for found in load_deliveries(settings.lake_path) if found.status == "loaded"]
    named = {file.lake_file: file.accepted for found in deliveries for file in found.files if file.lake_file}
    bad = [name for name, rows in named.items() if _rows(settings.lake_path / name) != rows]
    for name in bad:
        yield "fail", f"lake/{name} is missing or not as loaded; restore it from the backup"
    there = {str(path.relative_to(settings.lake_path)) for path in settings.lake_path.glob("*/*/*.parquet")}
    stray = there - set(named)
    if stray:
        yield (
            "warn",
            f"{len(stray)} files in the lake that no delivery names; the next run does not read them",
        )
    changed = [
        str(found.source) + f" {found.extract_date}" for found in deliveries if _is_changed(settings, found)
    ]
    for name in changed:
        yield (
            "warn",
            f"{name} in landing is not what was loaded; put back what was, or deliver it under a new date",
        )
    if not bad:
        yield "ok", f"{len(deliveries)} deliveries, {len(named)} files as loaded"


def _current(settings: Settings) -> Found:
    published = current(settings)
    if published is None:
        yield "warn", "nothing is published yet; `kobling run`"
        return
    problems = verify(settings, published.id)
    if problems:
        yield "fail", f"{problems[0]} ({len(problems)} in all); restore it, or remove it and `kobling run`"
    else:
        yield "ok", f"{published.id}, every file as published"


def _dagster(settings: Settings) -> Found:
    if not settings.municipality and not (settings.dagster_path / "dagster.yaml").exists():
        yield "warn", "no run yet"
        return
    import dagster as dg

    from orchestration.instance import municipality_tag, open_instance
    from orchestration.schedules import daily
    from orchestration.sensors import delivery_sensor

    with open_instance(settings) as instance:
        on = {
            state.instigator_name
            for state in instance.all_instigator_state()
            if state.is_running and settings.municipality in (None, _location(state))
        }
        off = [name for name in (daily.name, delivery_sensor.name) if name not in on]
        if off:
            yield (
                "warn",
                f"off: {', '.join(off)}; switch them on in Dagster, unless cron or a timer runs `kobling run`",
            )
        silent = [name for name, status in instance.get_daemon_statuses().items() if not status.healthy]
        if silent:
            yield "warn", f"no sign of {len(silent)} of Dagster's daemons; start its service"
        if not off and not silent:
            yield "ok", "schedule and sensor are on, the daemons live"
        own = dg.RunsFilter(tags=municipality_tag(settings.municipality))
        last = next(iter(instance.get_runs(own, limit=1)), None)
        if last and last.status == dg.DagsterRunStatus.FAILURE:
            yield "warn", f"the last run failed; logs/run-{last.run_id}.log says why"


def _postgres(settings: Settings) -> Found:
    if settings.pg_dsn is None:
        yield "ok", "KOBLING_PG_DSN is not set"
        return
    import psycopg

    try:
        with psycopg.connect(
            settings.pg_dsn.get_secret_value(), connect_timeout=TIMEOUT_SECONDS
        ) as connection:
            yield "ok", f"PostgreSQL {connection.info.server_version // 10_000} answers"
    except psycopg.Error as error:
        yield "fail", f"no connection ({type(error).__name__}); see to the server and KOBLING_PG_DSN"


def _webhook(settings: Settings) -> Found:
    if settings.webhook_url is None:
        yield "warn", "KOBLING_WEBHOOK_URL is not set: nobody hears of a failed run"
        return
    import requests

    try:
        # any answer will do: it takes notices, not questions
        requests.head(settings.webhook_url.get_secret_value(), timeout=TIMEOUT_SECONDS, allow_redirects=False)
        yield "ok", "the host of KOBLING_WEBHOOK_URL answers"
    except (OSError, ValueError) as error:
        yield "warn", f"no answer ({type(error).__name__}); see to the proxy and KOBLING_WEBHOOK_URL"


CHECKS: dict[str, Callable[[Settings], Found]] = {
    "python": _python,
    "packages": _packages,
    "key": _key,
    "folders": _folders,
    "space": _space,
    "landing": _landing,
    "deliveries": _overdue,
    "dbt": _dbt,
    "lake": _lake,
    "current": _current,
    "dagster": _dagster,
    "postgres": _postgres,
    "webhook": _webhook,
}


def _location(state: "InstigatorState") -> str:
    """The code location that a schedule or sensor is of."""
    return str(state.origin.repository_origin.code_location_origin.location_name)


def _plain(name: str) -> str:
    """A package's name as one spelling (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _rows(path: Path) -> int | None:
    """Rows of a Parquet file, read through; `None` where it cannot be."""
    try:
        with duckdb.connect() as connection:
            # a sum over a hash of everything reads every page, where a count takes the footer's word
            row = connection.execute(
                "select count(*), sum(hash(found)::hugeint) from read_parquet(?) as found", [str(path)]
            ).fetchone()
    except duckdb.Error:
        return None
    return row[0] if row else None


def _is_changed(settings: Settings, delivery: Delivery) -> bool:
    """Whether landing has other content now for a delivery that is loaded; what is gone is no change."""
    folder = settings.landing_path / delivery.source / str(delivery.extract_date)
    return any(
        (folder / file.name).is_file() and file_hash(folder / file.name) != file.file_hash
        for file in delivery.files
    )
