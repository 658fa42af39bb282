"""The private build before dbt: a fresh DuckDB file with views over the lake and what the run itself knows.

Belongs here: which date a run is of, the schemas `lake` and `control`. Does not: anything computed from the rows
of a delivery (models), or what observed models said earlier (replay fills `control.*_observation`).
"""

import re
import shutil
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb

from orchestration.errors import InputError
from orchestration.ingest import ENTITIES, Delivery, SkippedDelivery
from orchestration.settings import Settings
from orchestration.validation import Subject

PLAN = "plan"
"""The source of what people decide: it says nothing of the systems."""

SPARK_TABLES = "spark"
"""The folder beside a warehouse file with the tables that Spark built: `<schema>/<table>/*.parquet`."""

HOLIDAY_YEARS = range(2015, 2041)

# Column → type; the tables of the schema `control`, in the contract's order.
CONTROL = {
    "run": {"as_of": "DATE", "previous_as_of": "DATE"},
    "delivery": {
        "source_system": "VARCHAR",
        "extract_date": "DATE",
        "profile": "VARCHAR",
        "status": "VARCHAR",
        "reason": "VARCHAR",
        "is_latest": "BOOLEAN",
    },
    "delivery_file": {
        "source_system": "VARCHAR",
        "extract_date": "DATE",
        "file_name": "VARCHAR",
        "entity": "VARCHAR",
        "mode": "VARCHAR",
        "file_hash": "VARCHAR",
        "row_count": "BIGINT",
        "accepted_count": "BIGINT",
        "quarantined_count": "BIGINT",
        "amount_total_dkk": "DECIMAL(18,2)",
        "is_unchanged": "BOOLEAN",
    },
    "holiday": {"holiday_on": "DATE", "name_da": "VARCHAR"},
    "gap_observation": {
        "observed_on": "DATE",
        "gap_id": "VARCHAR",
        "rule_id": "VARCHAR",
        "course_id": "VARCHAR",
        "posting_id": "VARCHAR",
        "account_id": "VARCHAR",
        "team_id": "VARCHAR",
        "amount_dkk": "DECIMAL(18,2)",
        "occurred_on": "DATE",
        "severity": "VARCHAR",
        "business_key": "VARCHAR",
        "text_da": "VARCHAR",
        "corrector": "VARCHAR",
    },
    "forecast_observation": {
        "observed_on": "DATE",
        "fiscal_year": "INTEGER",
        "frame_id": "VARCHAR",
        "forecast": "DECIMAL(18,2)",
        "budget_corrected": "DECIMAL(18,2)",
    },
    "component_observation": {
        "observed_on": "DATE",
        "fiscal_year": "INTEGER",
        "account_id": "VARCHAR",
        "course_id": "VARCHAR",
        "month": "DATE",
        "actual_to_date": "DECIMAL(18,2)",
        "accrued_unposted": "DECIMAL(18,2)",
        "committed_remaining": "DECIMAL(18,2)",
        "committed_next_year": "DECIMAL(18,2)",
        "pipeline_expected": "DECIMAL(18,2)",
        "pipeline_stale": "DECIMAL(18,2)",
        "pipeline_weighted": "DECIMAL(18,2)",
        "spill_out": "DECIMAL(18,2)",
        "price_hold_dkk": "DECIMAL(18,2)",
        "net_inflow": "DECIMAL(18,2)",
        "planned_dkk": "DECIMAL(18,2)",
        "allocated_dkk": "DECIMAL(18,2)",
        "planned_payments": "BIGINT",
        "planned_units": "DECIMAL(18,4)",
        "forecast_method": "VARCHAR",
        "budget_corrected": "DECIMAL(18,2)",
        "method_dkk": "DECIMAL(18,2)",
        "forecast": "DECIMAL(18,2)",
    },
    "course_state_observation": {
        "observed_on": "DATE",
        "course_id": "VARCHAR",
        "appropriation_id": "VARCHAR",
        "course_type": "VARCHAR",
        "section_id": "VARCHAR",
        "activity_no": "VARCHAR",
        "account_id": "VARCHAR",
        "provider_id": "VARCHAR",
        "team_id": "VARCHAR",
        "status": "VARCHAR",
        "is_current": "BOOLEAN",
        "is_fictive": "BOOLEAN",
        "is_internal": "BOOLEAN",
        "start_on": "DATE",
        "end_on": "DATE",
        "is_open_ended": "BOOLEAN",
        "price_dkk": "DECIMAL(18,2)",
        "units": "DECIMAL(18,4)",
        "payment_frequency": "VARCHAR",
        "first_planned_on": "DATE",
        "last_planned_on": "DATE",
        "year_payments": "BIGINT",
        "granted_year_dkk": "DECIMAL(18,2)",
        "expected_year_dkk": "DECIMAL(18,2)",
        "month_dkk": "DECIMAL(18,2)",
        "first_seen_on": "DATE",
        "last_seen_on": "DATE",
        "first_seen_granted_on": "DATE",
        "first_granted_on": "DATE",
        "granted_on": "DATE",
    },
    "month_observation": {
        "observed_on": "DATE",
        "account_id": "VARCHAR",
        "month": "DATE",
        "courses": "BIGINT",
        "posted_dkk": "DECIMAL(18,2)",
        "accrued_dkk": "DECIMAL(18,2)",
        "committed_dkk": "DECIMAL(18,2)",
        "pipeline_dkk": "DECIMAL(18,2)",
    },
    "outlook_observation": {
        "observed_on": "DATE",
        "target": "VARCHAR",
        "month": "DATE",
        "account_id": "VARCHAR",
        "straight_line_dkk": "DECIMAL(18,2)",
        "commitment_dkk": "DECIMAL(18,2)",
        "activity_dkk": "DECIMAL(18,2)",
        "forecast_dkk": "DECIMAL(18,2)",
    },
    "observation_date": {"observed_on": "DATE"},
}
OBSERVED = [table for table in CONTROL if table.endswith("_observation")]
"""The tables that replay fills with what observed models said on earlier delivery dates."""

Row = tuple[str | int | date | Decimal | bool | None, ...]


def parse_as_of(text: str | None, option: str = "--as-of") -> date | None:
    """The date asked for, `None` where none is.

    Raises:
        InputError: the text is not a date written YYYY-MM-DD.
    """
    if text is None:
        return None
    try:
        # fromisoformat also takes weeks and dates without hyphens
        return date.fromisoformat(text if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) else "")
    except ValueError:
        raise InputError(f"{option} {text!r} is not a date; write it as YYYY-MM-DD") from None


def resolve_as_of(deliveries: Iterable[Delivery], asked: date | None = None) -> date:
    """The date that a run is of: the one asked for, or the newest loaded delivery's.

    Raises:
        InputError: nothing is loaded, or nothing up to the date asked for.
    """
    dates = delivery_dates(deliveries)
    if not dates:
        raise InputError(
            "no delivery is loaded, so there is nothing to build; put one in <landing>/<source>/<YYYY-MM-DD>/ "
            "(KOBLING_LANDING) or see above why those that are there were refused"
        )
    if asked is None:
        return dates[-1]
    if asked < dates[0]:
        raise InputError(
            f"--as-of {asked} is before the first delivery ({dates[0]}); ask for that date or a later one"
        )
    return asked


def delivery_dates(deliveries: Iterable[Delivery]) -> list[date]:
    """The dates on which something was loaded, in order, each once."""
    return sorted({delivery.extract_date for delivery in deliveries if delivery.status == "loaded"})


def previous_as_of(deliveries: Iterable[Delivery], as_of: date) -> date | None:
    """The last delivery date of the last calendar month before the as-of date's that has one.

    A date on which only plans came (worklists, budget assumptions) is not a state of the systems.
    """
    dates = delivery_dates(delivery for delivery in deliveries if delivery.source != PLAN)
    return max((found for found in dates if found < as_of.replace(day=1)), default=None)


def dbt_folder(settings: Settings) -> Path:
    """What dbt leaves of building this warehouse file: run results and compiled SQL."""
    return settings.warehouse_path.parent / "dbt"


def validation_file(settings: Settings, subject: Subject) -> Path:
    """What the gate found in this warehouse file."""
    return settings.warehouse_path.parent / "validation" / f"{subject}.json"


def forget_results(settings: Settings) -> None:
    """Removes what dbt and the gate said of the warehouse file before this one."""
    for folder in (dbt_folder(settings), validation_file(settings, "lake").parent):
        shutil.rmtree(folder, ignore_errors=True)


def prepare(
    settings: Settings,
    as_of: date,
    database: Path,
    deliveries: Sequence[Delivery],
    skipped: Sequence[SkippedDelivery] = (),
) -> None:
    """Writes a fresh warehouse file of the as-of date; one that is there is gone.

    Args:
        settings: for the lake's folder.
        as_of: later deliveries are not seen.
        database: the file to write; no other process may have it open.
        deliveries: the whole registry.
        skipped: deliveries in landing that could not be read yet.
    """
    known = [found for found in deliveries if found.extract_date <= as_of and found.status != "retired"]
    waiting = [delivery for delivery in skipped if delivery.extract_date <= as_of]
    loaded = [delivery for delivery in known if delivery.status == "loaded"]
    database.parent.mkdir(parents=True, exist_ok=True)
    for leftover in (database, database.with_name(f"{database.name}.wal")):
        leftover.unlink(missing_ok=True)
    # what a killed build had no memory for stays beside the file, and may be as large as the disk
    for folder in (database.with_name(f"{database.name}.tmp"), database.parent / SPARK_TABLES):
        shutil.rmtree(folder, ignore_errors=True)
    with duckdb.connect(str(database)) as connection:
        connection.execute("create schema lake; create schema control")
        for entity in ENTITIES:
            _create_lake_view(connection, settings.lake_path, entity, loaded)
        _fill(connection, "run", [(as_of, previous_as_of(loaded, as_of))])
        _fill(connection, "delivery", _deliveries(known, waiting))
        _fill(connection, "delivery_file", _files(loaded))
        _fill(connection, "holiday", _holidays())
        for table in OBSERVED:
            _fill(connection, table, [])
        _fill(connection, "observation_date", [(day,) for day in delivery_dates(loaded)])


def read_as_of(database: Path) -> date:
    """The date that the warehouse file is a build of."""
    with duckdb.connect(str(database), read_only=True) as connection:
        row = connection.execute("select as_of from control.run").fetchone()
    assert row is not None
    return row[0]


def quoted(text: object) -> str:
    """A string literal of SQL."""
    return "'" + str(text).replace("'", "''") + "'"


def _create_lake_view(
    connection: duckdb.DuckDBPyConnection, lake: Path, entity: str, loaded: Iterable[Delivery]
) -> None:
    """A view over exactly the files that the registry names, with the declared columns also where none has them."""
    columns = {column.name: column.type for column in ENTITIES[entity].columns.values()} | {
        "extract_date": "DATE"
    }
    files = ", ".join(
        quoted(lake / file.lake_file)
        for delivery in loaded
        for file in delivery.files
        if file.entity == entity and file.lake_file
    )
    if files:
        # by name: a file from before a column came has NULL in it
        source = (
            f"read_parquet([{files}], union_by_name = true, "
            "hive_partitioning = true, hive_types = {'extract_date': DATE})"
        )
        try:
            described = connection.execute(f"describe select * from {source}").fetchall()
        except duckdb.Error:
            raise InputError(
                f"a file of lake/{entity} is missing or damaged; `kobling doctor` names it: "
                "restore it from the backup and run again"
            ) from None
        there = {name for name, *_ in described}
    else:
        source, there = "(select 1) where false", set()
    selected = ", ".join(
        name if name in there else f"cast(null as {type_}) as {name}" for name, type_ in columns.items()
    )
    connection.execute(f"create view lake.{entity} as select {selected} from {source}")


def _deliveries(known: Iterable[Delivery], waiting: Iterable[SkippedDelivery]) -> list[Row]:
    latest: dict[str, date] = {}
    for delivery in known:
        if delivery.status == "loaded":
            latest[delivery.source] = max(
                delivery.extract_date, latest.get(delivery.source, delivery.extract_date)
            )
    rows: list[Row] = [
        (
            delivery.source,
            delivery.extract_date,
            delivery.profile,
            delivery.status,
            delivery.reason,
            delivery.status == "loaded" and latest[delivery.source] == delivery.extract_date,
        )
        for delivery in known
    ]
    rows += [(found.source, found.extract_date, None, "skipped", found.reason, False) for found in waiting]
    return rows


def _files(loaded: Iterable[Delivery]) -> list[Row]:
    return [
        (
            delivery.source,
            delivery.extract_date,
            file.name,
            file.entity,
            file.mode,
            file.file_hash,
            file.rows,
            file.accepted,
            file.quarantined,
            file.amount_total_dkk,
            file.is_unchanged,
        )
        for delivery in loaded
        for file in delivery.files
    ]


def _holidays() -> list[Row]:
    import holidays

    danish = holidays.country_holidays("DK", years=HOLIDAY_YEARS, language="da")
    return [(day, name) for day, name in sorted(danish.items())]


def _fill(connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Row]) -> None:
    """Creates a table of `control` with its rows."""
    columns = CONTROL[table]
    connection.execute(
        f"create table control.{table} ({', '.join(f'{name} {type_}' for name, type_ in columns.items())})"
    )
    if rows:
        # whole columns at once: a statement a row takes a second for the holidays alone
        selected = ", ".join(f"unnest(?::{type_}[])" for type_ in columns.values())
        connection.execute(
            f"insert into control.{table} select {selected}",
            [list(found) for found in zip(*rows, strict=True)],
        )
