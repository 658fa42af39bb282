"""When the job runs by the clock.

Belongs here: schedules. Does not: runs that a delivery starts (sensors).
"""

import dagster as dg

from orchestration.instance import end_dead_runs, forget_old_runs
from orchestration.jobs import JOB
from orchestration.settings import load_settings


@dg.schedule(
    name="daily",
    job_name=JOB,
    # after the source systems' nightly exports, before the offices open
    cron_schedule="30 5 * * *",
    execution_timezone="Europe/Copenhagen",
    description="Every morning, so that a publication says of each day what was known.",
)
def daily(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """One run; first those that a power cut ended without a word are ended, which would hold it back in the queue.

    Runs past their time go too: nobody else would forget those of a daemon that runs all year.
    """
    settings = load_settings()
    end_dead_runs(context.instance, settings.municipality)
    forget_old_runs(context.instance, settings.keep_logs, settings.municipality)
    return dg.RunRequest()
