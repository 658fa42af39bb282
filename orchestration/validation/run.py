"""Runs the suites of one subject on a warehouse file, in DuckDB, read-only.

Belongs here: setting Great Expectations up without files, telemetry or progress bars, and turning what it
returns into counts. Great Expectations takes seconds to import: only `validate` does it.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from orchestration.errors import ConfigurationError
from orchestration.settings import MEMORY_LIMIT
from orchestration.validation.results import ExpectationOutcome, Subject, ValidationResult

if TYPE_CHECKING:
    import great_expectations as gx
    from great_expectations.core import ExpectationValidationResult

# Counts only: no offending value comes back, neither whole nor in part.
RESULT_FORMAT = {
    "result_format": "SUMMARY",
    "partial_unexpected_count": 0,
    "exclude_unexpected_values": True,
    "include_unexpected_rows": False,
}


def validate(database: Path, subject: Subject) -> ValidationResult:
    """Runs the subject's suites on the private build.

    Args:
        database: the warehouse file; no other process may write to it meanwhile.
        subject: `lake` (before dbt) or `marts` (after it).

    Raises:
        ConfigurationError: a suite speaks of a table or column that the build does not have.
    """
    from expectations import lake, marts  # first: they say how the library is to be imported

    # isort: split
    import great_expectations as gx
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )

    from orchestration.validation import dialect

    columns = warehouse_columns(database)
    suites_of = {"lake": lake, "marts": marts}[subject]
    missing = [table for table in suites_of.SUITES if table not in columns]
    if missing:
        raise ConfigurationError(
            f"expectations/{subject}.py has suites for {', '.join(missing)}, which the build does not have; "
            "build the tables or correct the suites"
        )

    dialect.register()
    context = gx.get_context(
        mode="ephemeral",
        project_config=DataContextConfig(
            # in memory: no temporary folder either
            store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
            progress_bars=ProgressBarsConfig(globally=False),
            analytics_enabled=False,
        ),
    )
    source = context.data_sources.add_sql(
        subject,
        connection_string=f"{dialect.DRIVER}:///{database}",
        create_temp_table=False,
        kwargs={"connect_args": {"read_only": True, "config": {"memory_limit": MEMORY_LIMIT}}},  # type: ignore[call-arg]
    )
    try:
        outcomes = [outcome for suite in suites_of.suites(columns) for outcome in _run_suite(source, suite)]
    finally:
        # each keeps an open connection, and with it the file
        source.get_execution_engine().engine.dispose()
        source.get_engine().dispose()
    return ValidationResult(subject=subject, outcomes=outcomes)


def warehouse_columns(database: Path) -> dict[str, dict[str, str]]:
    """`schema.table` → column → DuckDB type, of all tables and views in the file."""
    with duckdb.connect(str(database), read_only=True) as connection:
        rows = connection.execute(
            "select schema_name || '.' || table_name, column_name, data_type from duckdb_columns() "
            "where not internal order by 1, column_index"
        ).fetchall()
    columns: dict[str, dict[str, str]] = {}
    for table, column, type_ in rows:
        columns.setdefault(table, {})[column] = type_
    return columns


def _run_suite(source: Any, suite: "gx.ExpectationSuite") -> list[ExpectationOutcome]:
    schema, table = suite.name.split(".")
    batch = (
        source.add_table_asset(suite.name, table_name=table, schema_name=schema)
        .add_batch_definition_whole_table("whole")
        .get_batch()
    )
    result = batch.validate(suite, result_format=RESULT_FORMAT)
    outcomes = [_outcome(suite.name, item) for item in result.results]
    # Great Expectations answers in an order of its own; the report reads in the suite's
    written = [(meta["name"], meta["columns"]) for meta in (each.meta or {} for each in suite.expectations)]
    return sorted(outcomes, key=lambda outcome: written.index((outcome.expectation, outcome.columns)))


def _outcome(table: str, item: "ExpectationValidationResult") -> ExpectationOutcome:
    config = item.expectation_config
    assert config is not None
    found = item.result or {}
    if "unexpected_count" not in found:
        raise ConfigurationError(
            f"{config.meta['name']} on {table} could not be evaluated: {_reason(item)}; correct expectations/"
        )
    return ExpectationOutcome(
        table=table,
        expectation=config.meta["name"],
        columns=config.meta["columns"],
        severity=config.severity,
        success=bool(item.success),
        # none counted on an empty table
        unexpected_count=found["unexpected_count"] or 0,
        element_count=found.get("element_count"),
        description_da=config.description or "",
        why_da=config.meta["why"],
        harms=config.meta["harms"],
        sql=config.meta["sql"],
    )


def _reason(item: "ExpectationValidationResult") -> str:
    """The error's line where it speaks of names; another can quote a value, and keeps it to itself."""
    for details in (item.exception_info or {}).values():
        message = details.get("exception_message", "") if isinstance(details, dict) else ""
        for line in message.splitlines():
            if "Binder Error" in line or "Catalog Error" in line or "does not exist" in line:
                return line.strip()
    return "see the query in the suite"
