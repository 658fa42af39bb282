"""When a delivery starts the job.

Belongs here: watching the landing folder by names, sizes and times. Does not: reading a delivery.
"""

import hashlib
import json

import dagster as dg

from orchestration.ingest import settled_deliveries
from orchestration.instance import end_dead_runs
from orchestration.jobs import kobling
from orchestration.settings import load_settings

SETTLE_SECONDS = 120
"""A delivery must have been left alone for so long; copying over a slow line pauses for less."""


@dg.sensor(
    name="settled_deliveries",
    job=kobling,
    minimum_interval_seconds=60,
    description="Runs the job when a delivery has settled in landing that is neither loaded nor asked for before.",
)
def delivery_sensor(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """One run for all deliveries that are new since the last look; a refused one is not tried again unchanged."""
    # a run whose process was killed would hold back the queue for ever
    end_dead_runs(context.instance)
    waiting = sorted(
        f"{found.source} {found.extract_date} {found.stamp}"
        for found in settled_deliveries(load_settings(), SETTLE_SECONDS)
    )
    seen = set(json.loads(context.cursor)) if context.cursor else set()
    new = [delivery for delivery in waiting if delivery not in seen]
    context.update_cursor(json.dumps(waiting))
    if not new:
        return dg.SkipReason("no new settled delivery")
    return dg.RunRequest(run_key=hashlib.sha256("\n".join(new).encode()).hexdigest()[:16])
