"""The last step: what the gate has passed becomes a publication.

Belongs here: which tables it waits for, and what of it is shown. Does not: making one (orchestration/publish).
"""

from collections.abc import Sequence

import dagster as dg

from orchestration import warehouse
from orchestration.assets.lake import RETRY
from orchestration.errors import InputError
from orchestration.failures import told
from orchestration.ingest import load_deliveries
from orchestration.logs import PUBLICATION
from orchestration.resources import Run
from orchestration.settings import Settings
from orchestration.validation import Subject, ValidationResult

POSTGRES = dg.AssetKey(["publication", "postgres"])


def publication(published_tables: Sequence[dg.AssetKey]) -> dg.AssetsDefinition:
    """The asset of publications.

    Args:
        published_tables: the tables of which it is made.
    """

    @dg.asset(
        key=PUBLICATION,
        deps=[dg.AssetKey(["gate", "marts"]), *published_tables],
        group_name="publication",
        kinds={"duckdb", "parquet"},
        retry_policy=RETRY,
        description="Marts for BI, the steward part, the public part, pages and manifest; `current` points at one.",
    )
    def publish_build(context: dg.AssetExecutionContext, run: Run) -> dg.MaterializeResult[None]:
        from orchestration.publish.publication import publish

        settings = run.settings
        with told(context.log):
            found = publish(
                settings,
                settings.warehouse_path,
                warehouse.read_as_of(settings.warehouse_path),
                [_validation(settings, "lake"), _validation(settings, "marts")],
                load_deliveries(settings.lake_path),
                context.run_id,
                dbt_target=warehouse.dbt_folder(settings),
            )
            return dg.MaterializeResult(
                metadata={
                    "id": found.id,
                    "path": dg.MetadataValue.path(found.path),
                    "as_of": str(found.manifest.as_of),
                    "is_current": found.is_current,
                    "gate": found.manifest.gate.result,
                    "warnings": len(found.manifest.gate.warnings),
                    "tables": len(found.manifest.tables),
                }
            )

    return publish_build


@dg.asset(
    key=POSTGRES,
    deps=[PUBLICATION],
    group_name="publication",
    kinds={"postgres"},
    retry_policy=RETRY,
    description="The current publication in PostgreSQL, in one transaction; nothing without KOBLING_PG_DSN.",
)
def postgres(context: dg.AssetExecutionContext, run: Run) -> dg.MaterializeResult[None]:
    """Says what PostgreSQL shows when it is done."""
    from orchestration.publish import current

    settings = run.settings
    with told(context.log):
        found = current(settings)
        if settings.pg_dsn is None or found is None:
            return dg.MaterializeResult(metadata={"id": "KOBLING_PG_DSN is not set"})
        from orchestration.publish.postgres import publish_to_postgres

        is_new = publish_to_postgres(settings.pg_dsn.get_secret_value(), found)
        return dg.MaterializeResult(metadata={"id": found.id, "is_new": is_new})


def _validation(settings: Settings, subject: Subject) -> ValidationResult:
    path = warehouse.validation_file(settings, subject)
    if not path.is_file():
        raise InputError(f"the gate has not seen this build's {subject}; run the whole job")
    return ValidationResult.load(path)
