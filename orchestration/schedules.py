"""When the job runs by the clock.

Belongs here: schedules. Does not: runs that a delivery starts (sensors).
"""

import dagster as dg

from orchestration.instance import end_dead_runs
from orchestration.jobs import kobling


@dg.schedule(
    name="daily",
    job=kobling,
    # after the source systems' nightly exports, before the offices open
    cron_schedule="30 5 * * *",
    execution_timezone="Europe/Copenhagen",
    description="Every morning, so that a publication says of each day what was known.",
)
def daily(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """One run; first those that a power cut ended without a word are ended, which would hold it back in the queue."""
    end_dead_runs(context.instance)
    return dg.RunRequest()
