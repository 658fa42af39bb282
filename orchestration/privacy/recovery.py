"""What a crash left half done of forgetting or of a new key is finished before anything else is done.

Belongs here: the steps after the moment from which there is no way back. Does not: what leads up to it.

That moment is one rename: of a folder `.forgetting` in the lake (new records, list, line of the trail), or of a folder
`.rotating` in the home (a whole lake). Every step after it may be done twice.
"""

import json
import shutil
from pathlib import Path

from orchestration.ingest.forgotten import LIST, ForgottenList, write_list
from orchestration.ingest.lake import Lake
from orchestration.ingest.registry import Delivery, sync, write_record
from orchestration.privacy import audit
from orchestration.settings import Settings

FORGETTING = ".forgetting"
TRAIL = "audit.json"
RECORDS = "records"


def finish(settings: Settings) -> None:
    """Finishes what was decided; nothing where nothing was. The caller holds `KOBLING_HOME` for writing."""
    shutil.rmtree(unfinished(settings), ignore_errors=True)
    if settings.rotating_path.is_dir():
        _finish_rotating(settings)
    if (settings.lake_path / FORGETTING).is_dir():
        _finish_forgetting(settings)


def unfinished(settings: Settings) -> Path:
    """Where the lake under a new key is made: worth nothing before it is whole."""
    return settings.rotating_path.with_name(f"{settings.rotating_path.name}.tmp")


def _finish_forgetting(settings: Settings) -> None:
    folder = settings.lake_path / FORGETTING
    forget_builds(settings)
    write_list(settings.lake_path, ForgottenList.model_validate_json((folder / LIST).read_bytes()))
    for path in sorted((folder / RECORDS).glob("*.json")):
        write_record(settings.lake_path, Delivery.model_validate_json(path.read_bytes()))
    audit.write(settings, json.loads((folder / TRAIL).read_text(encoding="utf-8")))
    # the files that no record names any more
    Lake(settings.lake_path, settings.quarantine_path).sweep()
    shutil.rmtree(folder)
    sync(settings.lake_path)


def _finish_rotating(settings: Settings) -> None:
    folder = settings.rotating_path
    forget_builds(settings)
    for place in (settings.quarantine_path, settings.lake_path):
        new, old = folder / place.name, folder / f"old-{place.name}"
        if new.is_dir():
            if place.is_dir():
                place.rename(old)
            new.rename(place)
    sync(settings.home_path)
    audit.write(settings, json.loads((folder / TRAIL).read_text(encoding="utf-8")))
    shutil.rmtree(folder)


def forget_builds(settings: Settings) -> None:
    """Removes the private build, what dbt and the gate left of it, and the observations: a run makes them anew."""
    shutil.rmtree(settings.warehouse_path.parent, ignore_errors=True)
