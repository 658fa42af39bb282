"""The gate as asset checks: Great Expectations on the lake before dbt, and on the marts before publication.

Belongs here: which table has a check, and how results become Dagster's. Does not: what is expected (expectations/)
or how it is evaluated (orchestration/validation).
"""

from collections.abc import Iterator, Sequence

import dagster as dg

from orchestration import warehouse
from orchestration.assets.control import control_key
from orchestration.assets.lake import lake_key
from orchestration.errors import GateRefused
from orchestration.failures import told
from orchestration.ingest import ENTITIES
from orchestration.resources import Run
from orchestration.validation import ExpectationOutcome, Subject, ValidationResult, validate

CHECK = "expectations"


def gate_key(subject: Subject) -> dg.AssetKey:
    """The asset that is there once the gate has passed a subject; what comes next waits for it."""
    return dg.AssetKey(["gate", subject])


def lake_gate() -> dg.AssetsDefinition:
    """One check an entity; a critical failure holds dbt back.

    The checks look through the warehouse file's views, and compare with what ingest counted.
    """
    entities = [lake_key(entity) for entity in ENTITIES]
    return _gate("lake", entities, [control_key("run"), control_key("delivery_file")], blocking=True)


def mart_gate(published_tables: Sequence[dg.AssetKey]) -> dg.AssetsDefinition:
    """One check a table that is to be published; a critical failure holds the publication back.

    Args:
        published_tables: their keys, `schema/table`.
    """
    # Not `blocking`: that would hold a table back that rests on a checked one, and dbt builds both in one step.
    # The gate's own failure stops what comes after it.
    return _gate("marts", published_tables, published_tables, blocking=False)


def _gate(
    subject: Subject, tables: Sequence[dg.AssetKey], waits_for: Sequence[dg.AssetKey], *, blocking: bool
) -> dg.AssetsDefinition:
    @dg.multi_asset(
        name=f"{subject}_gate",
        specs=[
            dg.AssetSpec(
                gate_key(subject),
                deps=list(waits_for),
                group_name="gate",
                kinds={"greatexpectations"},
                description=f"The gate's word on the {subject}: Great Expectations, by count.",
            )
        ],
        check_specs=[
            dg.AssetCheckSpec(
                CHECK, asset=table, blocking=blocking, description="All Great Expectations of the table."
            )
            for table in tables
        ],
        allow_arbitrary_check_specs=True,
    )
    def evaluate(
        context: dg.AssetExecutionContext, run: Run
    ) -> Iterator[dg.AssetCheckResult | dg.MaterializeResult[None]]:
        settings = run.settings
        with told(context.log):
            result = validate(settings.warehouse_path, subject)
            result.save(warehouse.validation_file(settings, subject))
            for table in tables:
                yield table_result(table, result)._replace(asset_key=run.asset_key(table))
            if result.refusal:
                raise GateRefused(result.refusal)
            yield dg.MaterializeResult(
                asset_key=run.asset_key(gate_key(subject)),
                metadata={"expectations": len(result.outcomes), "warnings": len(result.warnings)},
            )

    return evaluate


def table_result(table: dg.AssetKey, result: ValidationResult) -> dg.AssetCheckResult:
    """The outcomes of one table as a check result: counts and names, no value of a row."""
    name = ".".join(table.path)
    outcomes = [outcome for outcome in result.outcomes if outcome.table == name]
    failed = [outcome for outcome in outcomes if not outcome.success]
    critical = [outcome for outcome in failed if outcome.severity == "critical"]
    return dg.AssetCheckResult(
        asset_key=table,
        check_name=CHECK,
        passed=not failed,
        severity=dg.AssetCheckSeverity.ERROR if critical else dg.AssetCheckSeverity.WARN,
        metadata={
            "expectations": len(outcomes),
            "critical_failures": len(critical),
            "warnings": len(failed) - len(critical),
            **({"failed": _failed(failed)} if failed else {}),
        },
    )


def _failed(outcomes: Sequence[ExpectationOutcome]) -> dg.TableMetadataValue:
    return dg.MetadataValue.table(
        [
            dg.TableRecord(
                {
                    "expectation": outcome.expectation,
                    "severity": outcome.severity,
                    "rows": outcome.unexpected_count,
                    "of": outcome.element_count if outcome.element_count is not None else -1,
                    "harms": ", ".join(outcome.harms),
                }
            )
            for outcome in outcomes
        ]
    )
