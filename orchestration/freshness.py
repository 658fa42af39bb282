"""What is expected from each source, and what of it is late.

Belongs here: the cadence of the seed `expected_delivery` held against the registry of deliveries. Does not: the same
question as of a date in the past, which rule E13 answers and `mart_run_status` shows.

A source owes every month what it has brought once, by so many days after the month's end as the seed says.
"""

import csv
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

import dagster as dg

from orchestration.ingest import Delivery
from orchestration.settings import PROJECT_ROOT

SEED = PROJECT_ROOT / "seeds" / "expected_delivery.csv"
MONTH = timedelta(days=31)


@dataclass(frozen=True, order=True)
class Overdue:
    """A source that has brought nothing of an entity since `missing_since`, a month's first day."""

    source: str
    entity: str
    missing_since: date
    due_on: date

    def __str__(self) -> str:
        return (
            f"{self.source}: no {self.entity} for {self.missing_since:%Y-%m}, expected by {self.due_on}; "
            "ask who sends it, or put the delivery in landing"
        )


def grace_days() -> dict[str, int]:
    """Days after a month's end by which an entity is there."""
    with SEED.open(encoding="utf-8", newline="") as file:
        return {row["entity"]: int(row["grace_days"]) for row in csv.DictReader(file)}


def overdue(deliveries: Iterable[Delivery], today: date) -> list[Overdue]:
    """What has not come though its day is over.

    Args:
        deliveries: the registry.
        today: by the calendar; this is about the world, not about a build.
    """
    grace = grace_days()
    newest: dict[tuple[str, str], date] = {}
    for delivery in deliveries:
        for file in delivery.files:
            if file.entity in grace:
                key = delivery.source, file.entity
                newest[key] = max(delivery.extract_date, newest.get(key, delivery.extract_date))
    found = []
    for (source, entity), last in newest.items():
        missing = _next_month(last)
        due = _next_month(missing) - timedelta(days=1) + timedelta(days=grace[entity])
        if due < today:
            found.append(Overdue(source, entity, missing, due))
    return sorted(found)


def policy(entities: Collection[str]) -> dg.FreshnessPolicy | None:
    """Dagster's view of the same: a source is late a month and its grace after something new came from it.

    Args:
        entities: what the source feeds; without one that the seed names, nothing is expected.
    """
    days = [days for entity, days in grace_days().items() if entity in entities]
    if not days:
        return None
    return dg.FreshnessPolicy.time_window(fail_window=MONTH + timedelta(days=max(days)), warn_window=MONTH)


def _next_month(day: date) -> date:
    """The first day of the month after."""
    return (day.replace(day=1) + MONTH).replace(day=1)
