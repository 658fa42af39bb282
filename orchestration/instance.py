"""Dagster's instance: its folder, its configuration, and the runs that died without a word.

Belongs here: everything about the instance. Does not: what runs on it.
"""

import os
import shutil
import socket
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.errors import ConfigurationError
from orchestration.settings import Settings

if TYPE_CHECKING:
    import dagster as dg

CONFIGURATION = Path(__file__).with_name("dagster.yaml")
PROCESS_TAG = "kobling/process"
COMMAND_TAG = "kobling/command"
"""On runs of `kobling run`, which says itself how they ended."""
MUNICIPALITY_TAG = "kobling/municipality"
DIED = "the process ended without a word"


def prepare_home(settings: Settings) -> Path:
    """`KOBLING_HOME/dagster` with a `dagster.yaml`; one that is there stays as it is.

    Raises:
        ConfigurationError: this is one of several municipalities, and what they share is not there.
    """
    home = settings.dagster_path
    if settings.municipality:
        if settings.dagster_home and (home / CONFIGURATION.name).is_file():
            return home
        raise ConfigurationError(
            "KOBLING_MUNICIPALITY is set, so runs are kept on the instance that the municipalities share; set "
            f"DAGSTER_HOME to the folder of its {CONFIGURATION.name}, or unset KOBLING_MUNICIPALITY"
        )
    home.mkdir(mode=0o750, parents=True, exist_ok=True)
    configuration = home / CONFIGURATION.name
    if not configuration.exists():
        # whole or not there: half of one would be kept, and might not say that nobody is phoned
        unfinished = configuration.with_suffix(".tmp")
        shutil.copyfile(CONFIGURATION, unfinished)
        unfinished.replace(configuration)
    return home


def open_instance(settings: Settings) -> "dg.DagsterInstance":
    """The instance, with `DAGSTER_HOME` set for whatever reads it."""
    import dagster as dg

    home = str(prepare_home(settings))
    os.environ["DAGSTER_HOME"] = home
    return dg.DagsterInstance.from_config(home)


def process_tag() -> dict[str, str]:
    """The tag that tells which process a run lives in."""
    return {PROCESS_TAG: f"{socket.gethostname()}:{os.getpid()}:{_born(os.getpid())}"}


def municipality_tag(municipality: str | None) -> dict[str, str]:
    """The tag of all runs of a municipality that shares the instance: to find them, and for the queue to take one."""
    return {MUNICIPALITY_TAG: municipality} if municipality else {}


def end_dead_runs(instance: "dg.DagsterInstance", municipality: str | None = None) -> list[str]:
    """Marks runs as failed whose process on this machine is gone: killed, or the power went.

    They would count as running for ever, and hold back the queue. Another municipality's processes may be hidden from
    this account, and would look as if they were gone.

    Returns:
        The ids of these runs.
    """
    import dagster as dg

    ended = []
    unfinished = [dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.NOT_STARTED]
    for run in instance.get_runs(dg.RunsFilter(statuses=unfinished, tags=municipality_tag(municipality))):
        host, *process = run.tags.get(PROCESS_TAG, "").split(":")
        if host == socket.gethostname() and not _is_alive(*process):
            instance.report_run_failed(run, DIED)
            ended.append(run.run_id)
    return ended


def forget_old_runs(instance: "dg.DagsterInstance", kept: int, municipality: str | None = None) -> int:
    """Removes finished runs beyond the municipality's newest so many, with their events; how many."""
    import dagster as dg

    own = instance.get_runs(dg.RunsFilter(tags=municipality_tag(municipality)))
    old = [run for run in own[kept:] if run.is_finished]
    for run in old:
        instance.delete_run(run.run_id)
    return len(old)


def _is_alive(process: str, born: str = "") -> bool:
    """Whether the process is there; after a restart of the machine another one may have its number."""
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return born in ("", _born(int(process)))


def _born(process: int) -> str:
    """When a process began, in the kernel's ticks since the machine's start; nothing where the system does not say."""
    try:
        # the name in parentheses may hold blanks
        return Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[19]
    except OSError:
        return ""
