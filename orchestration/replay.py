"""What the gap rules saw on each earlier delivery date: evaluated once, stored, and the same when done again.

Belongs here: which observations are missing, evaluating a past date in a file of its own, the stored Parquet files.
Does not: the rules (models/intermediate/gap/rules), or the life that models make of the observations.

An observation is `warehouse/observations/observed_on=<date>/<fingerprint>.parquet`. The fingerprint covers the
deliveries up to the date and the code of the rules, so that a later delivery changes nothing, and a changed rule
or a repeated ingest is noticed.
"""

import hashlib
import shutil
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

import duckdb

from orchestration import dbt, warehouse
from orchestration.ingest import Delivery
from orchestration.settings import Settings

UNION_MODEL = "int_gap__hit"
UNION_NODE = f"model.kobling.{UNION_MODEL}"
UNION_TABLE = f"intermediate.{UNION_MODEL}"
COLUMNS = [column for column in warehouse.CONTROL["gap_observation"] if column != "observed_on"]


def rules_version() -> str | None:
    """Hash of the rules' code and all they rest on; `None` where the project has no rules."""
    manifest = dbt.manifest()
    return dbt.code_version(manifest, UNION_NODE) if UNION_NODE in manifest["nodes"] else None


def fingerprint(deliveries: Iterable[Delivery], observed_on: date, rules: str) -> str:
    """What an observation depends on: the loaded deliveries up to its date, and the rules.

    Args:
        deliveries: the whole registry.
        observed_on: later deliveries count for nothing.
        rules: from `rules_version`.
    """
    known = sorted(
        f"{delivery.source} {delivery.extract_date} {delivery.profile_hash} {delivery.key_fingerprint} "
        f"{' '.join(sorted(f'{file.name}:{file.file_hash}' for file in delivery.files))}"
        for delivery in deliveries
        if delivery.status == "loaded" and delivery.extract_date <= observed_on
    )
    return hashlib.sha256("\n".join([rules, *known]).encode()).hexdigest()[:16]


def stored_path(settings: Settings, deliveries: Iterable[Delivery], observed_on: date, rules: str) -> Path:
    """Where the observation of a date is, or will be."""
    name = f"{fingerprint(deliveries, observed_on, rules)}.parquet"
    return settings.observations_path / f"observed_on={observed_on}" / name


def evaluate_missing(settings: Settings, deliveries: Sequence[Delivery], as_of: date) -> list[date]:
    """Evaluates the rules on each delivery date before the as-of date that has no observation yet, in order.

    Each in a scratch file: dbt builds the rules and what they rest on, without tests.

    Returns:
        The dates that were evaluated.

    Raises:
        DbtError: a model could not be built.
    """
    rules = rules_version()
    if rules is None:
        return []
    missing = [
        day
        for day in warehouse.delivery_dates(deliveries)
        if day < as_of and not stored_path(settings, deliveries, day, rules).is_file()
    ]
    scratch = settings.warehouse_path.parent / "scratch" / dbt.DATABASE
    arguments = dbt.arguments(
        "build",
        target=settings.target,
        logs=settings.logs_path,
        artifacts=scratch.parent / "dbt",
        select=[f"+{UNION_MODEL}"],
        exclude_types=["test", "unit_test"],
    )
    for day in missing:
        warehouse.prepare(settings, day, scratch, deliveries)
        dbt.refuse_broken(dbt.run(arguments, scratch, settings.target))
        store(settings, scratch, deliveries, day)
    if missing:
        shutil.rmtree(scratch.parent)
    return missing


def store(settings: Settings, database: Path, deliveries: Iterable[Delivery], observed_on: date) -> int:
    """Keeps what the rules saw in a build of the date, in place of an older observation of it.

    Returns:
        The number of hits.
    """
    rules = rules_version()
    if rules is None:
        return 0
    path = stored_path(settings, deliveries, observed_on, rules)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".tmp")
    with duckdb.connect(str(database), read_only=True) as connection:
        row = connection.execute(
            f"copy (select {', '.join(COLUMNS)} from {UNION_TABLE} order by gap_id) "
            f"to {warehouse.quoted(unfinished)} (format parquet, compression zstd)"
        ).fetchone()
    unfinished.chmod(0o640)
    unfinished.replace(path)
    for older in path.parent.iterdir():
        if older != path:
            older.unlink()
    return row[0] if row else 0


def fill(settings: Settings, database: Path, deliveries: Iterable[Delivery], as_of: date) -> int:
    """Puts the stored observations of the dates before the as-of date into `control.gap_observation`.

    Returns:
        The number of observed hits.
    """
    rules = rules_version()
    if rules is None:
        return 0
    deliveries = list(deliveries)
    paths = [
        stored_path(settings, deliveries, day, rules)
        for day in warehouse.delivery_dates(deliveries)
        if day < as_of
    ]
    if not paths:
        return 0
    columns = ", ".join(["observed_on", *COLUMNS])
    files = ", ".join(warehouse.quoted(path) for path in paths)
    with duckdb.connect(str(database)) as connection:
        row = connection.execute(
            f"insert into control.gap_observation ({columns}) select {columns} from read_parquet([{files}], "
            "hive_partitioning = true, hive_types = {'observed_on': DATE})"
        ).fetchone()
    return row[0] if row else 0
