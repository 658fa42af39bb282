"""When the job runs by the clock.

Belongs here: schedules. Does not: runs that a delivery starts (sensors).
"""

import dagster as dg

from orchestration.jobs import kobling

# After the source systems' nightly exports, before the offices open.
daily = dg.ScheduleDefinition(
    name="daily",
    job=kobling,
    cron_schedule="30 5 * * *",
    execution_timezone="Europe/Copenhagen",
    description="Every morning, so that a publication says of each day what was known.",
)
