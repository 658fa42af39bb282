"""What observed models said on each earlier delivery date: evaluated once, stored, and the same when done again.

Belongs here: which observations are missing, evaluating a past date in a file of its own, the stored Parquet files.
Does not: what is observed (models with the meta `observed_as`), or the life that models make of the observations.

An observed model names the table of the schema `control` that its rows of the earlier dates go to; that table says
which columns are kept. An observation is `warehouse/observations/observed_on=<date>/<fingerprint>/<table>.parquet`.
The fingerprint covers the deliveries up to the date and the code of all observed models, so that a later delivery
changes nothing, and a changed rule or a repeated ingest is noticed. Dates are evaluated in order: a model may read
what was observed before its own date.
"""

import hashlib
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from orchestration import dbt, warehouse
from orchestration.build import build
from orchestration.ingest import Delivery
from orchestration.settings import MEMORY_LIMIT, Settings

META = "observed_as"


@dataclass(frozen=True)
class Observed:
    """A model whose rows are kept for each delivery date, and the table of `control` that they come back in."""

    node: str
    schema: str
    model: str
    table: str

    @property
    def columns(self) -> dict[str, str]:
        """What is kept of the model: the control table's columns and their types."""
        columns = warehouse.CONTROL[self.table]
        return {name: type_ for name, type_ in columns.items() if name != "observed_on"}


def observed_models() -> list[Observed]:
    """Every model with the meta `observed_as`, by name of its control table."""
    found = [
        Observed(unique_id, node["schema"], node["name"], node["config"]["meta"][META])
        for unique_id, node in dbt.manifest()["nodes"].items()
        if META in node["config"].get("meta", {})
    ]
    return sorted(found, key=lambda observed: observed.table)


def code_version() -> str:
    """Hash of the observed models' code and all they rest on."""
    return dbt.code_version(dbt.manifest(), *(observed.node for observed in observed_models()))


def fingerprint(deliveries: Iterable[Delivery], observed_on: date, code: str) -> str:
    """What an observation depends on: the loaded deliveries up to its date, and the observed models.

    Args:
        deliveries: the whole registry.
        observed_on: later deliveries count for nothing.
        code: from `code_version`.
    """
    known = sorted(
        f"{delivery.source} {delivery.extract_date} {delivery.profile_hash} {delivery.key_fingerprint} "
        f"{' '.join(sorted(f'{file.name}:{file.file_hash}' for file in delivery.files))}"
        f"{f' forgotten:{delivery.forgotten}' if delivery.forgotten else ''}"
        for delivery in deliveries
        # a retired one was there when the date was evaluated
        if delivery.status != "refused" and delivery.extract_date <= observed_on
    )
    return hashlib.sha256("\n".join([code, *known]).encode()).hexdigest()[:16]


def stored_folder(settings: Settings, deliveries: Iterable[Delivery], observed_on: date, code: str) -> Path:
    """Where the observation of a date is, or will be."""
    name = fingerprint(deliveries, observed_on, code)
    return settings.observations_path / f"observed_on={observed_on}" / name


def evaluate_missing(settings: Settings, deliveries: Sequence[Delivery], as_of: date) -> list[date]:
    """Evaluates the observed models on each delivery date before the as-of date that is not stored yet, in order.

    Each in a scratch file with only the models and what they rest on.

    Returns:
        The dates that were evaluated.

    Raises:
        DbtError: a model could not be built.
    """
    code = code_version()
    dates = warehouse.delivery_dates(deliveries)
    for folder in settings.observations_path.glob("observed_on=*"):
        if folder.name not in {f"observed_on={day}" for day in dates}:
            shutil.rmtree(folder)  # its deliveries are past their retention period
    missing = [
        day for day in dates if day < as_of and not stored_folder(settings, deliveries, day, code).is_dir()
    ]
    if not missing:
        return []
    scratch = settings.warehouse_path.parent / "scratch"
    database = scratch / dbt.DATABASE
    nodes = dbt.ancestors(dbt.manifest(), *(observed.node for observed in observed_models()))
    for day in missing:
        warehouse.prepare(settings, day, database, deliveries)
        fill(settings, database, deliveries, day)
        dbt.refuse_broken(build(database, nodes, target=settings.target, tests=False))
        store(settings, database, deliveries, day)
    shutil.rmtree(scratch)
    return missing


def store(settings: Settings, database: Path, deliveries: Iterable[Delivery], observed_on: date) -> int:
    """Keeps what the observed models say in a build of the date, in place of an older observation of it.

    Returns:
        The number of rows.
    """
    folder = stored_folder(settings, deliveries, observed_on, code_version())
    unfinished = folder.with_suffix(".tmp")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    rows = 0
    with duckdb.connect(str(database), read_only=True, config={"memory_limit": MEMORY_LIMIT}) as connection:
        for observed in observed_models():
            path = unfinished / f"{observed.table}.parquet"
            columns = ", ".join(f"{name}::{type_} as {name}" for name, type_ in observed.columns.items())
            row = connection.execute(
                f"copy (select {columns} from {observed.schema}.{observed.model} order by all) "
                f"to {warehouse.quoted(path)} (format parquet, compression zstd)"
            ).fetchone()
            rows += row[0] if row else 0
            path.chmod(0o640)
    for older in folder.parent.iterdir():
        if older == unfinished:
            continue
        if older.is_dir():
            shutil.rmtree(older)
        else:
            older.unlink()
    unfinished.rename(folder)
    return rows


def fill(settings: Settings, database: Path, deliveries: Sequence[Delivery], as_of: date) -> dict[str, int]:
    """Puts the stored observations of the dates before the as-of date into their tables of `control`.

    Returns:
        The number of rows of each table.
    """
    code = code_version()
    folders = [
        stored_folder(settings, deliveries, day, code)
        for day in warehouse.delivery_dates(deliveries)
        if day < as_of
    ]
    rows = dict.fromkeys(warehouse.OBSERVED, 0)
    with duckdb.connect(str(database), config={"memory_limit": MEMORY_LIMIT}) as connection:
        for observed in observed_models() if folders else []:
            files = ", ".join(warehouse.quoted(folder / f"{observed.table}.parquet") for folder in folders)
            columns = ", ".join(["observed_on", *observed.columns])
            row = connection.execute(
                f"insert into control.{observed.table} ({columns}) select {columns} from read_parquet([{files}], "
                "hive_partitioning = true, hive_types = {'observed_on': DATE})"
            ).fetchone()
            rows[observed.table] = row[0] if row else 0
    return rows
