"""Makes one publication of a build that the gate has passed.

Belongs here: the order of the steps, from the gate's word to the switch. Does not: how a step is done.
"""

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import duckdb
from pydantic import BaseModel

from orchestration import permissions
from orchestration.errors import ConfigurationError, GateRefused
from orchestration.privacy import audit
from orchestration.publish import (
    keyfigures_workbooks,
    overview_workbooks,
    pages,
    public_part,
    store,
    tables,
    workbooks,
)
from orchestration.publish.dbt_artifacts import DbtTest, TableDoc, read_docs, read_tests
from orchestration.publish.dbt_docs import docs_page
from orchestration.publish.keyfigures import keyfigures_page, read_keyfigures
from orchestration.publish.manifest import FILE_NAME, DeliveryEntry, Gate, GateWarning, Manifest, TableEntry
from orchestration.publish.metrics import read_metrics
from orchestration.publish.overview import overview_page, read_overview
from orchestration.publish.privacy import refuse_private_columns
from orchestration.publish.steward_pages import write_steward_part
from orchestration.publish.store import Publication
from orchestration.settings import MEMORY_LIMIT, PROJECT_ROOT, Settings
from orchestration.validation.report import control_totals, validation_page
from orchestration.validation.results import ValidationResult, refusal_line

PUBLISHED = ("marts", "steward")
"""The schemas of the build that a publication is made of."""


def publish(
    settings: Settings,
    database: Path,
    as_of: date,
    validations: Sequence[ValidationResult],
    deliveries: Sequence[BaseModel],
    run_id: str,
    *,
    dbt_target: Path | None = None,
    built_at: datetime | None = None,
) -> Publication:
    """Publishes a private build, and points `current` at the publication with the highest as-of.

    Args:
        database: the warehouse file; read only, no other process may write to it meanwhile.
        as_of: the run's as-of date; the build must be of that date.
        validations: the results of both subjects, `lake` and `marts`.
        deliveries: the registry's (`orchestration.ingest.registry.Delivery`); later ones are left out.
        run_id: what the orchestrator calls the run.
        dbt_target: dbt's target folder, for descriptions (`manifest.json`) and tests (`run_results.json`).
        built_at: the time of building; now, unless a test says otherwise.

    Returns:
        The publication, with `is_current` saying whether readers now see it.

    Raises:
        GateRefused: a critical expectation or a dbt test failed, a private column would be published, or a
            table is not there.
        ConfigurationError: a subject was not validated, the build is of another date, the deliveries carry
            pseudonyms of more than one key, or a part's group is not there.
    """
    dbt_manifest = dbt_target / "manifest.json" if dbt_target else None
    tests = read_tests(dbt_target / "run_results.json" if dbt_target else None, dbt_manifest)
    docs = read_docs(dbt_manifest)
    gate = _gate(validations, tests)
    known = [DeliveryEntry.model_validate(delivery.model_dump()) for delivery in deliveries]
    delivered = [found for found in known if found.extract_date <= as_of and found.status != "retired"]
    key_fingerprint = _key_fingerprint(delivered)
    groups = permissions.readers(settings)
    totals = control_totals(database)
    built_at = built_at or datetime.now(UTC)
    name = store.publication_id(as_of, built_at)

    with store.locked(settings) as published, duckdb.connect() as connection:
        building = published / f"{store.BUILDING}{name}"
        scratch = building / "scratch"
        scratch.mkdir(mode=permissions.FOLDER_MODE, parents=True)
        connection.execute(f"set enable_progress_bar = false; set memory_limit = '{MEMORY_LIMIT}'")
        # what does not fit in memory would otherwise go into the working directory
        connection.execute(f"set temp_directory = {tables.quoted(scratch)}")
        tables.attach_build(connection, database)
        previous_as_of = _previous_as_of(connection, as_of)
        refuse_private_columns(tables.build_columns(connection, "marts"))
        _refuse_missing(tables.build_columns(connection, *PUBLISHED), docs)

        entries = _write_tables(connection, building, docs)
        manifest = Manifest(
            id=name,
            as_of=as_of,
            previous_as_of=previous_as_of,
            built_at=built_at,
            run_id=run_id,
            kobling_version=_version(),
            git_commit=_git_commit(),
            key_fingerprint=key_fingerprint,
            gate=gate,
            deliveries=delivered,
            tables=entries,
            files=[],
        )
        pages.write(building / "index.html", pages.front_page(connection, manifest))
        metrics = read_metrics(connection, manifest)
        pages.write(building / "dictionary" / "index.html", pages.dictionary_page(manifest, docs, metrics))
        if dbt_manifest and dbt_manifest.is_file():
            pages.write(building / "dictionary" / "dbt.html", docs_page(dbt_manifest, manifest))
        shutil.copytree(pages.BI, building / "bi")
        pages.write(building / "bi" / "index.html", pages.bi_page(manifest))
        pages.write(building / "public" / "index.html", public_part.page(connection, manifest))
        # the pages link to the workbooks that are there
        overview = read_overview(connection, manifest)
        (building / "overview").mkdir()
        books = overview_workbooks.write(building / "overview", overview)
        pages.write(building / "overview" / "index.html", overview_page(overview, manifest, books))
        keyfigures = read_keyfigures(connection, manifest)
        (building / "keyfigures").mkdir()
        pages.write_script(building / "keyfigures", "keyfigures.js")
        books = keyfigures_workbooks.write(building / "keyfigures", keyfigures)
        pages.write(building / "keyfigures" / "index.html", keyfigures_page(keyfigures, manifest, books))
        workbooks.write(connection, building / "steward", manifest, settings.quarantine_path)
        write_steward_part(building / "steward", connection, manifest)
        report = validation_page(as_of, validations, delivered, tests, totals, name, docs)
        pages.write(building / "validation" / "index.html", report)

        tables.detach_all(connection)
        shutil.rmtree(scratch)
        manifest = manifest.model_copy(update={"files": store.file_entries(building)})
        (building / FILE_NAME).write_text(manifest.model_dump_json(indent=1) + "\n", encoding="utf-8")
        path = store.commit(published, building, name, groups)
        permissions.open_way(settings, groups)
        is_current = store.switch(settings).id == name
        removed = store.retain(settings)
        outdated = store.remove_outdated(settings, known)
    if removed:
        audit.append(settings, "retention", publications=len(removed))
    if outdated:
        audit.append(settings, "forget", publications=len(outdated))
    return Publication(path=path, manifest=manifest, is_current=is_current)


def _refuse_missing(build: Mapping[str, object], docs: Mapping[str, TableDoc]) -> None:
    """A publication without one of its tables would be taken for one in which there is nothing to see.

    Raises:
        GateRefused: the build lacks a table that dbt publishes.
    """
    tables_of_dbt = {f"{doc.schema_name}.{doc.name}" for doc in docs.values() if doc.schema_name in PUBLISHED}
    if missing := sorted(tables_of_dbt - build.keys()):
        raise GateRefused(
            f"the build lacks {len(missing)} published tables, first {missing[0]}; run `kobling run` again, whole"
        )


def _write_tables(
    connection: duckdb.DuckDBPyConnection, building: Path, docs: Mapping[str, TableDoc]
) -> list[TableEntry]:
    """The three parts' tables: marts for BI, the steward part, and those of the marts that may leave the house."""
    for folder in ("parquet", "steward", "public"):
        (building / folder).mkdir()
    marts = tables.copy_schema(connection, "marts", building / "kobling.duckdb", docs)
    for entry in marts:
        tables.write_file(
            connection, f"kobling.{entry.table}", building / "parquet" / f"{entry.name}.parquet"
        )
    # a schema of the file's own name would make every reference to it ambiguous
    steward = tables.copy_schema(
        connection, "steward", building / "steward" / "steward.duckdb", docs, into="main"
    )
    public_part.write_tables(connection, building / "public", docs, marts)
    return marts + steward


def _gate(validations: Sequence[ValidationResult], tests: Sequence[DbtTest]) -> Gate:
    missing = {"lake", "marts"} - {validation.subject for validation in validations}
    if missing:
        raise ConfigurationError(
            f"{' and '.join(sorted(missing))} not validated: nothing is published without"
        )
    refusal = refusal_line(
        [failure for validation in validations for failure in validation.critical_failures]
    )
    if refusal:
        raise GateRefused(refusal)
    failed = [test for test in tests if test.status in ("fail", "error")]
    if failed:
        named = "; ".join(f"dbt test {test.name}: {test.failures} rows" for test in failed[:3])
        raise GateRefused(f"the gate refuses this build: {named}")
    warnings = [
        GateWarning(
            check=outcome.expectation,
            table=outcome.table,
            rows=outcome.unexpected_count,
            text_da=outcome.description_da,
        )
        for validation in validations
        for outcome in validation.warnings
    ]
    warnings += [
        GateWarning(check=test.name, table="dbt", rows=test.failures, text_da="dbt-test med advarsel")
        for test in tests
        if test.status == "warn"
    ]
    return Gate(
        result="warning" if warnings else "passed",
        expectations=sum(len(validation.outcomes) for validation in validations),
        dbt_tests=len(tests),
        critical=0,
        warnings=warnings,
    )


def _key_fingerprint(deliveries: Sequence[DeliveryEntry]) -> str | None:
    found = {delivery.key_fingerprint for delivery in deliveries if delivery.status == "loaded"} - {None}
    if len(found) > 1:
        raise ConfigurationError(
            "the lake holds pseudonyms of more than one key, so that one person counts as several; "
            "ingest all deliveries again with one key"
        )
    return next(iter(found), None)


def _previous_as_of(connection: duckdb.DuckDBPyConnection, as_of: date) -> date | None:
    row = connection.execute(f"select as_of, previous_as_of from {tables.BUILD}.control.run").fetchone()
    if row is None or row[0] != as_of:
        raise ConfigurationError(f"the warehouse file is not a build of {as_of}; build that date first")
    previous: date | None = row[1]
    return previous


def _version() -> str:
    try:
        return version("kobling")
    except PackageNotFoundError:
        return "unknown"


def _git_commit() -> str | None:
    """The commit of the checkout; `None` where there is no git or no repository."""
    command = ["git", "rev-parse", "HEAD"]
    try:
        found = subprocess.run(
            command, cwd=PROJECT_ROOT, capture_output=True, text=True, timeout=10, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return found.stdout.strip()
