"""The jobs: the whole way from landing to publication, of today's date or of a past month end.

Belongs here: what runs together, in one process. Does not: when (schedules, sensors).
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import dagster as dg

from orchestration.assets.control import STEP
from orchestration.instance import municipality_tag
from orchestration.logs import PROCESS

JOB = "kobling"
MONTH_END_JOB = "kobling_month_end"
FIRST_MONTH = "2015-01-01"
LOGGED: dict[str, Any] = {"loggers": {PROCESS: {}}}
"""The run configuration by which Dagster's events stand in the run's log."""


def as_of_config(as_of: date | None) -> dict[str, Any]:
    """The run configuration of an as-of date; `None` is the newest delivery's."""
    return {"ops": {STEP: {"config": {"as_of": str(as_of)}}}} if as_of else {}


def month_end(month: str) -> date:
    """The last day of the month that an ISO date lies in."""
    first = date.fromisoformat(month).replace(day=1)
    return (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def month_end_config(partition: str) -> Mapping[str, Any]:
    """The run configuration of a month's partition."""
    return {**as_of_config(month_end(partition)), **LOGGED}


def build_jobs(municipality: str | None = None) -> list[Any]:
    """The two jobs; their runs carry the municipality's tag, by which the queue takes one of it at a time."""
    # One process for all steps: DuckDB has one writer, and dbt's parsed project stays in memory.
    common: dict[str, Any] = {
        "selection": dg.AssetSelection.all(),
        "executor_def": dg.in_process_executor,
        # not `run_tags`: of these the pages know nothing when they start a run
        "tags": municipality_tag(municipality),
    }
    kobling = dg.define_asset_job(
        JOB,
        config=LOGGED,
        description=(
            "Ingest what is new in landing, build, validate, publish. To rebuild a past date, give `as_of` to the "
            f"step `control` in the launchpad, or take a month from the partitions of `{MONTH_END_JOB}`."
        ),
        **common,
    )
    month_end = dg.define_asset_job(
        MONTH_END_JOB,
        config=dg.PartitionedConfig(
            partitions_def=dg.MonthlyPartitionsDefinition(FIRST_MONTH, timezone="Europe/Copenhagen"),
            run_config_for_partition_key_fn=month_end_config,
        ),
        description="The same as of a past month's last day: one partition a month, to rebuild what was said then.",
        **common,
    )
    return [kobling, month_end]
