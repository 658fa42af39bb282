"""The private build before dbt: the warehouse file of the as-of date, and what observed models said before it.

Belongs here: the asset steps around `warehouse` and `replay`, and the run's one setting, `as_of`.
Does not: how either is done.
"""

import time
from collections.abc import Iterator, Sequence

import dagster as dg

from orchestration import replay, warehouse
from orchestration.assets.lake import REGISTRY, WRITER_POOL
from orchestration.failures import told
from orchestration.ingest import (
    Delivery,
    SkippedDelivery,
    load_deliveries,
    settled_deliveries,
)
from orchestration.resources import Run
from orchestration.settings import Settings

DESCRIPTIONS = {
    "run": "The run's as-of date, and the month-end delivery before it.",
    "delivery": "The deliveries up to the as-of date: loaded, refused and skipped.",
    "delivery_file": "The files of the loaded deliveries, with counts and control totals.",
    "holiday": "Danish public holidays (helligdage).",
    "observation_date": "The delivery dates up to the as-of date.",
}
STORED = dg.AssetKey("observations")
STEP = "control"


class ControlConfig(dg.Config):
    """What a run can be asked for."""

    as_of: str | None = None
    """ISO date: the build sees the deliveries up to it. Without one, the newest delivery's."""


def control_key(table: str) -> dg.AssetKey:
    """The asset of a table of the schema `control`; dbt's sources point at it."""
    return dg.AssetKey(["control", table])


@dg.multi_asset(
    name=STEP,
    specs=[
        dg.AssetSpec(
            control_key(table), deps=[REGISTRY], description=text, group_name="warehouse", kinds={"duckdb"}
        )
        for table, text in DESCRIPTIONS.items()
    ],
    pool=WRITER_POOL,
    description="Writes a fresh warehouse file of the as-of date: views over the lake, and the control tables.",
)
def control(
    context: dg.AssetExecutionContext, config: ControlConfig, run: Run
) -> Iterator[dg.MaterializeResult[None]]:
    """The warehouse file of the as-of date."""
    with told(context.log):
        deliveries = load_deliveries(run.settings.lake_path)
        as_of = warehouse.resolve_as_of(deliveries, warehouse.parse_as_of(config.as_of))
        warehouse.forget_results(run.settings)
        warehouse.prepare(
            run.settings, as_of, run.settings.warehouse_path, deliveries, _waiting(run.settings, deliveries)
        )
        for table in DESCRIPTIONS:
            yield dg.MaterializeResult(
                asset_key=run.asset_key(control_key(table)), metadata={"as_of": str(as_of)}
            )


@dg.multi_asset(
    name="observed",
    specs=[
        # after the gate: a lake that it refuses is not worth replaying
        dg.AssetSpec(
            control_key(table),
            deps=[control_key("run"), dg.AssetKey(["gate", "lake"])],
            description=f"What the model with the meta observed_as: {table} said on each earlier delivery date.",
            group_name="warehouse",
            kinds={"duckdb"},
        )
        for table in warehouse.OBSERVED
    ],
    pool=WRITER_POOL,
    description="Reads back what observed models said on each delivery date before the as-of date; "
    "a date without it is evaluated first.",
)
def observed(context: dg.AssetExecutionContext, run: Run) -> Iterator[dg.MaterializeResult[None]]:
    """The stored observations in the warehouse file."""
    with told(context.log):
        started = time.monotonic()
        deliveries = load_deliveries(run.settings.lake_path)
        as_of = warehouse.read_as_of(run.settings.warehouse_path)
        evaluated = replay.evaluate_missing(run.settings, deliveries, as_of)
        rows = replay.fill(run.settings, run.settings.warehouse_path, deliveries, as_of)
        for table in warehouse.OBSERVED:
            yield dg.MaterializeResult(
                asset_key=run.asset_key(control_key(table)),
                metadata={
                    "rows": rows[table],
                    "dates_evaluated_now": ", ".join(str(day) for day in evaluated),
                    "seconds": round(time.monotonic() - started, 1),
                },
            )


def stored_observation(observed: Sequence[replay.Observed]) -> dg.AssetsDefinition:
    """The step that keeps the as-of date's observation.

    Args:
        observed: the observed models, which it waits for.
    """

    @dg.asset(
        key=STORED,
        deps=[dg.AssetKey([model.schema, model.model]) for model in observed],
        group_name="warehouse",
        kinds={"parquet"},
    )
    def stored(context: dg.AssetExecutionContext, run: Run) -> dg.MaterializeResult[None]:
        """What observed models say on the as-of date, kept for later runs where that is a delivery date."""
        with told(context.log):
            deliveries = load_deliveries(run.settings.lake_path)
            as_of = warehouse.read_as_of(run.settings.warehouse_path)
            if as_of not in warehouse.delivery_dates(deliveries):
                return dg.MaterializeResult(metadata={"stored": False})
            rows = replay.store(run.settings, run.settings.warehouse_path, deliveries, as_of)
            return dg.MaterializeResult(metadata={"stored": True, "observed_on": str(as_of), "rows": rows})

    return stored


def _waiting(settings: Settings, deliveries: list[Delivery]) -> list[SkippedDelivery]:
    """Deliveries in landing that the registry does not know, so neither loaded nor refused."""
    known = {(delivery.source, delivery.extract_date) for delivery in deliveries}
    return [
        SkippedDelivery(found.source, found.extract_date, "still being copied when the run began")
        for found in settled_deliveries(settings, older_than_seconds=0)
        if (found.source, found.extract_date) not in known
    ]
