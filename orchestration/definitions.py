"""All that Dagster knows of Kobling, put together.

Belongs here: which assets, checks, jobs, schedules, sensors and resources there are. Does not: any of them.
Nothing happens at import; `load` is called when a code location is loaded.
"""

from pathlib import Path
from typing import Any

import dagster as dg

from orchestration import dbt, replay
from orchestration.assets.control import control, observed, stored_observation
from orchestration.assets.lake import lake_assets, landing_specs
from orchestration.assets.models import Translator, dbt_models
from orchestration.assets.publication import postgres, publication
from orchestration.checks import lake_gate, mart_gate
from orchestration.ingest.profiles import load_profiles
from orchestration.jobs import build_jobs
from orchestration.logs import PROCESS, process_logger
from orchestration.municipality import named_apart
from orchestration.resources import Run
from orchestration.schedules import daily
from orchestration.sensors import delivery_sensor, overdue_sensor, run_sensors
from orchestration.settings import load_settings

PUBLISHED_SCHEMAS = ("marts", "steward")


def build_definitions(
    *, profiles: Path | None = None, municipality: str | None = None, **overrides: Any
) -> dg.Definitions:
    """A fresh set of definitions.

    Args:
        profiles: folder of the municipality's own source profiles.
        municipality: its name, where several share the instance of Dagster.
        overrides: resources by name, in place of the usual ones.

    Raises:
        ConfigurationError: a profile is wrong, or the dbt project cannot be parsed.
    """
    dbt.prepare()
    manifest = dbt.manifest()
    sources = load_profiles(profiles)
    translator = Translator()
    published = [
        translator.get_asset_spec(manifest, unique_id, None).key
        for unique_id, node in sorted(manifest["nodes"].items())
        if node["resource_type"] == "model" and node["schema"] in PUBLISHED_SCHEMAS
    ]
    return dg.Definitions(
        assets=named_apart(
            municipality,
            [
                *landing_specs(sources),
                lake_assets(sources),
                control,
                lake_gate(),
                observed,
                stored_observation(replay.observed_models()),
                dbt_models(manifest),
                mart_gate(published),
                publication(published),
                postgres,
            ],
        ),
        jobs=build_jobs(municipality),
        schedules=[daily],
        sensors=[delivery_sensor, overdue_sensor, *run_sensors],
        resources={"run": Run(), **overrides},
        loggers={"console": dg.colored_console_logger, PROCESS: process_logger},
        executor=dg.in_process_executor,
    )


@dg.definitions
def load() -> dg.Definitions:
    """The definitions of this environment's code location."""
    settings = load_settings()
    return build_definitions(profiles=settings.profiles_path, municipality=settings.municipality)
