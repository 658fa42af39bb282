"""Dagster's instance in KOBLING_HOME: its folder, its configuration, and the runs that died without a word.

Belongs here: everything about the instance. Does not: what runs on it.
"""

import os
import shutil
import socket
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.settings import Settings

if TYPE_CHECKING:
    import dagster as dg

CONFIGURATION = Path(__file__).with_name("dagster.yaml")
PROCESS_TAG = "kobling/process"
COMMAND_TAG = "kobling/command"
"""On runs of `kobling run`, which says itself how they ended."""
DIED = "the process ended without a word"


def prepare_home(settings: Settings) -> Path:
    """`KOBLING_HOME/dagster` with a `dagster.yaml`; one that is there stays as it is."""
    home = settings.dagster_path
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


def end_dead_runs(instance: "dg.DagsterInstance") -> list[str]:
    """Marks runs as failed whose process on this machine is gone: killed, or the power went.

    They would count as running for ever, and hold back the queue.

    Returns:
        The ids of these runs.
    """
    import dagster as dg

    ended = []
    unfinished = [dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.NOT_STARTED]
    for run in instance.get_runs(dg.RunsFilter(statuses=unfinished)):
        host, *process = run.tags.get(PROCESS_TAG, "").split(":")
        if host == socket.gethostname() and not _is_alive(*process):
            instance.report_run_failed(run, DIED)
            ended.append(run.run_id)
    return ended


def forget_old_runs(instance: "dg.DagsterInstance", kept: int) -> int:
    """Removes finished runs beyond the newest so many, with their events; how many."""
    old = [run for run in instance.get_runs()[kept:] if run.is_finished]
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
