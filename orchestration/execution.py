"""The main job in this process, for the command line: the same job that schedules, sensors and the UI launch.

Belongs here: running it quietly, and what came of it. Does not: the job (jobs), or printing (cli).
"""

import logging
import uuid
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import dagster as dg

from orchestration import instance as instances
from orchestration import notices
from orchestration.assets.lake import registry_warnings
from orchestration.definitions import build_definitions
from orchestration.failures import Told, first_failure
from orchestration.jobs import JOB, LOGGED, as_of_config
from orchestration.logs import logging_to, run_log
from orchestration.publish import Publication, list_publications
from orchestration.resources import WAIT_SECONDS, only_writer
from orchestration.settings import Settings

logger = logging.getLogger("kobling")


@dataclass
class Outcome:
    """What came of a run: a publication or a failure, and warnings either way."""

    log: Path
    warnings: list[str] = field(default_factory=list)
    failure: Told | None = None
    publication: Publication | None = None


def run_job(settings: Settings, as_of: date | None, *, verbose: bool = False) -> Outcome:
    """Runs the main job on Dagster's instance.

    Args:
        settings: of this environment, with a key.
        as_of: the date to build; `None` is the newest delivery's.
        verbose: show Dagster's events on stderr.

    Raises:
        InputError: another run did not end in time.
    """
    run_id = str(uuid.uuid4())
    outcome = Outcome(log=run_log(settings.logs_path, run_id))
    with (
        only_writer(settings, WAIT_SECONDS),
        logging_to(outcome.log, run_id, verbose=verbose, kept=settings.keep_logs),
        instances.open_instance(settings) as instance,
    ):
        ended = instances.end_dead_runs(instance, settings.municipality)
        definitions = build_definitions(profiles=settings.profiles_path, municipality=settings.municipality)
        result = definitions.resolve_job_def(JOB).execute_in_process(
            instance=instance,
            run_id=run_id,
            run_config={**as_of_config(as_of), **LOGGED},
            tags={**instances.process_tag(), instances.COMMAND_TAG: "run"},
            raise_on_error=False,
        )
        logger.info("seconds by step: %s", _seconds(result))
        outcome.warnings = registry_warnings(result.all_events)
        outcome.failure = first_failure(result)
        told = notices.of_runs(settings, instance, [*ended, run_id])
        instances.forget_old_runs(instance, settings.keep_logs, settings.municipality)
    # a slow webhook holds nobody back
    with logging_to(outcome.log, run_id, verbose=verbose, kept=settings.keep_logs):
        notices.tell(settings, told)
    if outcome.failure is None:
        outcome.publication = next(
            found for found in list_publications(settings) if found.manifest.run_id == run_id
        )
    return outcome


def _seconds(result: dg.ExecuteInProcessResult) -> dict[str, float]:
    """How long each finished step took."""
    return {
        str(event.step_key): round(event.step_success_data.duration_ms / 1000, 1)
        for event in result.all_events
        if event.event_type == dg.DagsterEventType.STEP_SUCCESS
    }
