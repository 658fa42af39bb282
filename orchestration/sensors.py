"""What Dagster's daemon watches: a delivery that starts the job, one that does not come, runs that people hear of.

Belongs here: watching the landing folder by names, sizes and times, the registry, and the ends of runs. Does not:
reading a delivery, or what is told (notices).
"""

import hashlib
import json
from datetime import datetime
from zoneinfo import ZoneInfo

import dagster as dg

from orchestration import notices
from orchestration.freshness import overdue
from orchestration.ingest import load_deliveries, settled_deliveries
from orchestration.instance import COMMAND_TAG, DIED, end_dead_runs
from orchestration.jobs import JOB, build_jobs
from orchestration.settings import load_settings

SETTLE_SECONDS = 120
"""A delivery must have been left alone for so long; copying over a slow line pauses for less."""


@dg.sensor(
    name="settled_deliveries",
    job_name=JOB,
    minimum_interval_seconds=60,
    description="Runs the job when a delivery has settled in landing that is neither loaded nor asked for before.",
)
def delivery_sensor(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """One run for all deliveries that are new since the last look; a refused one is not tried again unchanged."""
    # a run whose process was killed would hold back the queue for ever
    settings = load_settings()
    end_dead_runs(context.instance, settings.municipality)
    waiting = sorted(
        f"{found.source} {found.extract_date} {found.stamp}"
        for found in settled_deliveries(settings, SETTLE_SECONDS)
    )
    seen = set(json.loads(context.cursor)) if context.cursor else set()
    new = [delivery for delivery in waiting if delivery not in seen]
    context.update_cursor(json.dumps(waiting))
    if not new:
        return dg.SkipReason("no new settled delivery")
    return dg.RunRequest(run_key=hashlib.sha256("\n".join(new).encode()).hexdigest()[:16])


@dg.sensor(
    name="overdue_deliveries",
    minimum_interval_seconds=3600,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Tells the webhook, once, when what a source brings every month has not come in time.",
)
def overdue_sensor(context: dg.SensorEvaluationContext) -> dg.SkipReason:
    """Starts nothing; the cursor holds what was told."""
    settings = load_settings()
    late = overdue(load_deliveries(settings.lake_path), datetime.now(ZoneInfo("Europe/Copenhagen")).date())
    told = set(json.loads(context.cursor)) if context.cursor else set()
    if new := [found for found in late if str(found) not in told]:
        notices.tell(settings, [notices.of_overdue(settings, new)])
    context.update_cursor(json.dumps([str(found) for found in late]))
    return dg.SkipReason("; ".join(str(found) for found in late) or "everything came in time")


def _tell(context: dg.RunStatusSensorContext) -> dg.SkipReason | None:
    if COMMAND_TAG in context.dagster_run.tags and context.dagster_event.message != DIED:
        return dg.SkipReason("the command line tells of its own runs")
    settings = load_settings()
    notices.tell(settings, notices.of_runs(settings, context.instance, [context.dagster_run.run_id]))
    return None


# `kobling run` tells by itself; these are for runs that the daemon or the UI started
run_sensors = [
    dg.run_status_sensor(
        name=name,
        run_status=status,
        monitored_jobs=build_jobs(),
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=text,
    )(_tell)
    for name, status, text in (
        ("failed_runs", dg.DagsterRunStatus.FAILURE, "Tells the webhook that a run failed or was refused."),
        (
            "published_runs",
            dg.DagsterRunStatus.SUCCESS,
            "Tells the webhook of refused deliveries and of recovery.",
        ),
    )
]
