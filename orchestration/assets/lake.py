"""Landing and lake: the source systems' deliveries, and their typed, pseudonymised rows.

Belongs here: the external assets of the sources, and the one asset step that ingests. Does not: reading a file
(orchestration/ingest).
"""

from collections.abc import Iterator, Mapping, Sequence

import dagster as dg

from orchestration.failures import told
from orchestration.ingest import ENTITIES, IngestResult, ingest, load_deliveries
from orchestration.ingest.profiles import Profile
from orchestration.resources import Run

WRITER_POOL = "warehouse"
REGISTRY = dg.AssetKey(["lake", "deliveries"])
# A full disk or a network drive that is away may be mended in a moment; everything else says `allow_retries=False`.
RETRY = dg.RetryPolicy(max_retries=2, delay=5, backoff=dg.Backoff.EXPONENTIAL)


def lake_key(entity: str) -> dg.AssetKey:
    """The asset of an entity; dbt's sources point at it."""
    return dg.AssetKey(["lake", entity])


def landing_specs(profiles: Mapping[str, Sequence[Profile]]) -> list[dg.AssetSpec]:
    """One external asset a source: Dagster did not make what is in there.

    Args:
        profiles: the profiles in force, by source folder.
    """
    return [
        dg.AssetSpec(
            dg.AssetKey(["landing", source]),
            description=" ".join(profile.description.strip() for profile in members),
            group_name="landing",
            kinds={"csv"},
        )
        for source, members in sorted(profiles.items())
    ]


def lake_assets(profiles: Mapping[str, Sequence[Profile]]) -> dg.AssetsDefinition:
    """The ingest step: all entities and the registry of deliveries at once, for a delivery is whole or not there.

    Args:
        profiles: the profiles in force, by source folder; they say which source feeds which entity.
    """
    feeds = {
        entity: [
            dg.AssetKey(["landing", source])
            for source, members in sorted(profiles.items())
            if any(file.entity == entity for profile in members for file in profile.files)
        ]
        for entity in ENTITIES
    }
    specs = [
        dg.AssetSpec(
            lake_key(entity),
            deps=feeds[entity],
            description=ENTITIES[entity].description,
            group_name="lake",
            kinds={"parquet"},
        )
        for entity in ENTITIES
    ]
    registry = dg.AssetSpec(
        REGISTRY,
        deps=[dg.AssetKey(["landing", source]) for source in sorted(profiles)],
        description="The registry: one record a delivery, loaded or refused, with its files' hashes and totals.",
        group_name="lake",
    )

    @dg.multi_asset(
        name="ingest",
        specs=[*specs, registry],
        retry_policy=RETRY,
        pool=WRITER_POOL,
        description="Loads every new settled delivery of the landing folder; what is loaded stays as it is.",
    )
    def ingest_deliveries(
        context: dg.AssetExecutionContext, run: Run
    ) -> Iterator[dg.MaterializeResult[None]]:
        with told(context.log):
            result = ingest(run.settings)
            for message in result.messages:
                context.log.info(message)
            for entity in ENTITIES:
                yield dg.MaterializeResult(
                    asset_key=lake_key(entity), metadata=_entity_counts(result, entity)
                )
            yield dg.MaterializeResult(
                asset_key=REGISTRY,
                metadata={
                    "deliveries": len(load_deliveries(run.settings.lake_path)),
                    "loaded_now": len(result.loaded),
                    "refused_now": len(result.refused),
                    "skipped_now": len(result.skipped),
                    "warnings": dg.MetadataValue.json(warnings(result)),
                },
            )

    return ingest_deliveries


def warnings(result: IngestResult) -> list[str]:
    """One line a delivery that is not in the lake, or that looks odd though it is."""
    return [
        *(f"{found.source} {found.extract_date}: refused: {found.reason}" for found in result.refused),
        *(f"{found.source} {found.extract_date}: skipped: {found.reason}" for found in result.skipped),
        *(
            f"{found.source} {found.extract_date}: {warning}"
            for found in result.loaded
            for warning in found.warnings
        ),
    ]


def _entity_counts(result: IngestResult, entity: str) -> dict[str, int]:
    files = [file for delivery in result.loaded for file in delivery.files if file.entity == entity]
    return {
        "files_now": len(files),
        "rows_now": sum(file.accepted for file in files),
        "quarantined_now": sum(file.quarantined for file in files),
    }
