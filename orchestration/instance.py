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


def prepare_home(settings: Settings) -> Path:
    """`KOBLING_HOME/dagster` with a `dagster.yaml`; one that is there stays as it is."""
    home = settings.dagster_path
    home.mkdir(mode=0o750, parents=True, exist_ok=True)
    if not (home / CONFIGURATION.name).exists():
        shutil.copyfile(CONFIGURATION, home / CONFIGURATION.name)
    return home


def open_instance(settings: Settings) -> "dg.DagsterInstance":
    """The instance, with `DAGSTER_HOME` set for whatever reads it."""
    import dagster as dg

    home = str(prepare_home(settings))
    os.environ["DAGSTER_HOME"] = home
    return dg.DagsterInstance.from_config(home)


def process_tag() -> dict[str, str]:
    """The tag that tells which process a run lives in."""
    return {PROCESS_TAG: f"{socket.gethostname()}:{os.getpid()}"}


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
        host, _, process = run.tags.get(PROCESS_TAG, "").rpartition(":")
        if host == socket.gethostname() and not _is_alive(int(process)):
            instance.report_run_failed(run, "the process ended without a word")
            ended.append(run.run_id)
    return ended


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
