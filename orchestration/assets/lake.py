"""Landing and lake: the source systems' deliveries, and their typed, pseudonymised rows.

Belongs here: the external assets of the sources, and the one asset step that ingests. Does not: reading a file
(orchestration/ingest).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

import dagster as dg

from orchestration import freshness
from orchestration.ahead import import_ahead
from orchestration.failures import told
from orchestration.ingest import ENTITIES, Delivery, IngestResult, ingest, load_deliveries
from orchestration.ingest.profiles import Profile
from orchestration.municipality import is_asset
from orchestration.resources import Run

WRITER_POOL = "warehouse"
REGISTRY = dg.AssetKey(["lake", "deliveries"])
REFUSED = ": refused: "
"""Stands in the warning of a delivery that was not taken."""
# A full disk or a network drive that is away may be mended in a moment; everything else says `allow_retries=False`.
RETRY = dg.RetryPolicy(max_retries=2, delay=5, backoff=dg.Backoff.EXPONENTIAL)


def lake_key(entity: str) -> dg.AssetKey:
    """The asset of an entity; dbt's sources point at it."""
    return dg.AssetKey(["lake", entity])


def landing_key(source: str) -> dg.AssetKey:
    """The external asset of a source's folder."""
    return dg.AssetKey(["landing", source])


def landing_specs(profiles: Mapping[str, Sequence[Profile]]) -> list[dg.AssetSpec]:
    """One external asset a source: Dagster did not make what is in there, and knows when it should be there.

    Args:
        profiles: the profiles in force, by source folder.
    """
    return [
        dg.AssetSpec(
            landing_key(source),
            description=" ".join(profile.description.strip() for profile in members),
            group_name="landing",
            kinds={"csv"},
            freshness_policy=freshness.policy({file.entity for profile in members for file in profile.files}),
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
            landing_key(source)
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
        deps=[landing_key(source) for source in sorted(profiles)],
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
            import_ahead()
            result = ingest(run.settings)
            for message in result.messages:
                context.log.info(message)
            registered = load_deliveries(run.settings.lake_path)
            for source, extract_date in arrived(result, registered).items():
                context.log_event(
                    dg.AssetMaterialization(
                        run.asset_key(landing_key(source)), metadata={"extract_date": str(extract_date)}
                    )
                )
            for entity in ENTITIES:
                yield dg.MaterializeResult(
                    asset_key=run.asset_key(lake_key(entity)), metadata=_entity_counts(result, entity)
                )
            yield dg.MaterializeResult(
                asset_key=run.asset_key(REGISTRY),
                metadata={
                    "deliveries": len(registered),
                    "loaded_now": len(result.loaded),
                    "refused_now": len(result.refused),
                    "skipped_now": len(result.skipped),
                    "warnings": dg.MetadataValue.json(warnings(result)),
                },
            )

    return ingest_deliveries


def arrived(result: IngestResult, registered: Iterable[Delivery]) -> dict[str, date]:
    """The sources that brought something newer than all before, and of which date; a late correction is no news."""
    newest: dict[str, date] = {}
    for delivery in registered:
        if delivery.status == "loaded":
            newest[delivery.source] = max(delivery.extract_date, newest.get(delivery.source, date.min))
    return {
        found.source: found.extract_date
        for found in result.loaded
        if found.extract_date == newest[found.source]
    }


def registry_warnings(events: Iterable[dg.DagsterEvent]) -> list[str]:
    """What ingest said in a run of deliveries that are not in the lake or look odd."""
    for event in events:
        if event.is_step_materialization and is_asset(event.asset_key, REGISTRY):
            found = event.materialization.metadata["warnings"]
            assert isinstance(found, dg.JsonMetadataValue)
            return list(found.data or [])
    return []


def warnings(result: IngestResult) -> list[str]:
    """One line a delivery that is not in the lake, or that looks odd though it is."""
    return [
        *(f"{found.source} {found.extract_date}{REFUSED}{found.reason}" for found in result.refused),
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
