"""The folder of publications: what is in it, which one is current, whether it is whole, what is kept.

Belongs here: everything that touches `published/` as a folder, safe against a crash at any moment: a
publication appears by one rename, `current` moves by one rename, a publication goes by one rename.
Does not: what is inside.
"""

import hashlib
import os
import re
import shutil
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from types import MappingProxyType

from filelock import FileLock
from pydantic import ValidationError

from orchestration import permissions
from orchestration.errors import ConfigurationError
from orchestration.publish.manifest import FILE_NAME, DeliveryEntry, FileEntry, Manifest
from orchestration.retention import months_before
from orchestration.settings import Settings

CURRENT = "current"
BUILDING = ".building-"
REMOVING = ".removing-"
SWITCHING = ".current-"

_ID = re.compile(r"\d{4}-\d{2}-\d{2}_\d{8}T\d{12}Z")


@dataclass(frozen=True)
class Publication:
    """A publication on disk."""

    path: Path
    manifest: Manifest
    is_current: bool

    @property
    def id(self) -> str:
        """`<as_of>_<UTC build time>`, the name of its folder."""
        return self.manifest.id


@dataclass(frozen=True)
class Problem:
    """A file that is not as the manifest says."""

    publication: str
    path: str
    kind: str
    """`missing`, `changed` or `extra`"""

    def __str__(self) -> str:
        return f"{self.publication}: {self.kind}: {self.path}"


def publication_id(as_of: date, built_at: datetime) -> str:
    """The id, which sorts by as-of and then by time of building."""
    return f"{as_of.isoformat()}_{built_at.astimezone(UTC):%Y%m%dT%H%M%S%f}Z"


def list_publications(settings: Settings) -> list[Publication]:
    """All whole publications, newest built first."""
    published = settings.published_path
    if not published.is_dir():
        return []
    pointed_at = _pointed_at(published)
    found = []
    for path in published.iterdir():
        manifest = _read_manifest(path) if _ID.fullmatch(path.name) else None
        if manifest:
            found.append(Publication(path=path, manifest=manifest, is_current=path.name == pointed_at))
    return sorted(found, key=lambda publication: publication.manifest.built_at, reverse=True)


def current(settings: Settings) -> Publication | None:
    """The publication that readers see; `None` before the first one."""
    return next((found for found in list_publications(settings) if found.is_current), None)


def verify(settings: Settings, publication: str | None = None) -> list[Problem]:
    """Holds every file of a publication against the manifest.

    Args:
        publication: an id; `None` is the current one.

    Returns:
        What is missing, changed or extra; nothing where all is well.

    Raises:
        ConfigurationError: there is no such publication, or its manifest cannot be read.
    """
    if publication is None:
        found = current(settings)
        if found is None:
            raise ConfigurationError("nothing is published yet; run `kobling run` first")
    else:
        path = settings.published_path / publication
        manifest = _read_manifest(path) if _ID.fullmatch(publication) else None
        if manifest is None:
            raise ConfigurationError(
                f"there is no readable publication {publication!r}; `kobling publications` lists them"
            )
        found = Publication(path=path, manifest=manifest, is_current=False)
    stated = {entry.path: entry for entry in found.manifest.files}
    there = {entry.path: entry for entry in file_entries(found.path)}
    problems = [
        Problem(found.id, path, "missing" if path not in there else "changed")
        for path, entry in stated.items()
        if there.get(path) != entry
    ]
    problems += [Problem(found.id, path, "extra") for path in there if path not in stated]
    return sorted(problems, key=lambda problem: problem.path)


def file_entries(folder: Path) -> list[FileEntry]:
    """Every file below the folder but the manifest, with hash and size, in order of path."""
    entries = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = path.relative_to(folder).as_posix()
        if name == FILE_NAME:
            continue
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        entries.append(FileEntry(path=name, sha256=digest, bytes=path.stat().st_size))
    return entries


@contextmanager
def locked(settings: Settings) -> Iterator[Path]:
    """The folder of publications, for one writer at a time; what a crash left behind is gone."""
    published = settings.published_path
    published.mkdir(mode=permissions.FOLDER_MODE, parents=True, exist_ok=True)
    with FileLock(published / ".lock"):
        _sweep(published)
        yield published


def commit(
    published: Path, building: Path, name: str, groups: Mapping[str, int] = MappingProxyType({})
) -> Path:
    """Makes a finished folder a publication: on disk first, then under its name, at once.

    Args:
        published: the folder of publications.
        building: the finished folder.
        name: the publication's id.
        groups: who may read a part of it, by the part's name.
    """
    permissions.entrust(building, groups)
    for path in [*building.rglob("*"), building]:
        _sync(path)
    final = published / name
    building.rename(final)
    _sync(published)
    return final


def switch(settings: Settings) -> Publication:
    """Points `current` at the publication with the highest as-of, of several at the newest built.

    It looks at all that are there, so that it also mends what a crash before the last switch left undone.
    """
    best = max(list_publications(settings), key=lambda found: (found.manifest.as_of, found.manifest.built_at))
    if not best.is_current:
        published = settings.published_path
        link = published / f"{SWITCHING}{uuid.uuid4().hex}"
        link.symlink_to(best.id)
        link.replace(published / CURRENT)
        _sync(published)
    return Publication(path=best.path, manifest=best.manifest, is_current=True)


def retain(settings: Settings) -> list[str]:
    """Removes publications beyond what is kept, and says which.

    Kept: the newest built ones (`KOBLING_KEEP_PUBLICATIONS`), of every calendar month the newest of its last
    as-of date, none of these longer than `KOBLING_KEEP_PUBLICATIONS_MONTHS` before the newest as-of date; and the
    current one.
    """
    found = list_publications(settings)
    newest = max(publication.manifest.as_of for publication in found)
    first = months_before(newest, settings.keep_publications_months)
    month_ends: dict[tuple[int, int], Publication] = {}
    for publication in found:
        month = (publication.manifest.as_of.year, publication.manifest.as_of.month)
        best = month_ends.get(month)
        # newest built come first: a later one of the same date does not replace it
        if best is None or publication.manifest.as_of > best.manifest.as_of:
            month_ends[month] = publication
    kept = {publication.id for publication in found[: settings.keep_publications]}
    kept |= {publication.id for publication in month_ends.values()}
    kept -= {publication.id for publication in found if publication.manifest.as_of < first}
    kept |= {publication.id for publication in found if publication.is_current}
    return _remove(publication for publication in found if publication.id not in kept)


def remove_outdated(settings: Settings, deliveries: Iterable[DeliveryEntry]) -> list[str]:
    """Removes publications that still hold a child forgotten since, and says which; never the current one.

    Args:
        deliveries: the registry's.
    """
    forgotten = {(delivery.source, delivery.extract_date): delivery.forgotten for delivery in deliveries}
    return _remove(
        publication
        for publication in list_publications(settings)
        if not publication.is_current
        and any(
            entry.forgotten < forgotten.get((entry.source, entry.extract_date), 0)
            for entry in publication.manifest.deliveries
        )
    )


def _remove(publications: Iterable[Publication]) -> list[str]:
    removed = []
    for publication in publications:
        leaving = publication.path.with_name(f"{REMOVING}{publication.id}")
        publication.path.rename(leaving)
        shutil.rmtree(leaving)
        removed.append(publication.id)
    return removed


def _read_manifest(path: Path) -> Manifest | None:
    try:
        manifest = Manifest.model_validate_json((path / FILE_NAME).read_bytes())
    except (OSError, ValidationError):
        return None
    return manifest if manifest.id == path.name else None


def _pointed_at(published: Path) -> str | None:
    try:
        return (published / CURRENT).readlink().name
    except OSError:
        return None


def _sweep(published: Path) -> None:
    for path in published.iterdir():
        if path.name.startswith((BUILDING, REMOVING)):
            shutil.rmtree(path)
        elif path.name.startswith(SWITCHING):
            path.unlink()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
