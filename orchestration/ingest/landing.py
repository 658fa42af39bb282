"""The landing folder: which deliveries are there, which files each has, and whether copying is over.

Belongs here: names, sizes and times of files. Does not: their content (`decode`), or what is
loaded (`pipeline`).
"""

import hashlib
import os
import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from orchestration.ingest.errors import FileRefused
from orchestration.ingest.profiles import FileProfile, Profile, load_profiles
from orchestration.ingest.registry import record_path
from orchestration.settings import Settings

RECHECK_SECONDS = 1.0
"""How long to look again at a folder that changed a moment ago."""

FileStat = tuple[int, int, int]  # size, modified and changed in nanoseconds

_LIKE_CPR = re.compile(r"[0-9]{6}[ _-]?[0-9]{4}")
# also what Excel and LibreOffice lay beside a workbook that somebody has open
_UNFINISHED = re.compile(
    r".*\.(part|partial|filepart|tmp|crdownload)|\..*\.[A-Za-z0-9]{6}|~\$.*|\.~lock\..*#"
)
# in bytes: the lake's file names add to it, and file systems stop at 255
_LONGEST_NAME = 200


@dataclass(frozen=True)
class LandedDelivery:
    """A folder `landing/<source>/<date>` as it was found: its files with their stats, by name."""

    source: str
    extract_date: date
    folder: Path
    files: Mapping[str, FileStat] = field(hash=False)

    def __str__(self) -> str:
        return f"{self.source} {self.extract_date}"


@dataclass(frozen=True)
class LandedFile:
    """A file with the profile that reads it and what its name tells."""

    path: Path
    profile: Profile
    file: FileProfile
    parts: Mapping[str, str]


@dataclass(frozen=True)
class SettledDelivery:
    """A delivery that waits in landing; `stamp` changes when its files do."""

    source: str
    extract_date: date
    stamp: str


def scan(landing: Path, sources: Iterable[str]) -> tuple[list[LandedDelivery], list[str]]:
    """The deliveries of known sources by date and source, and notices about everything else."""
    known, notices, deliveries = set(sources), [], []
    for folder in _folders(landing):
        if folder.name not in known:
            notices.append(f"landing/{shown(folder.name)}: no profile for this source, not read")
            continue
        for delivery in _folders(folder):
            extract_date = _date(delivery.name)
            if extract_date is None:
                notices.append(f"landing/{folder.name}/{shown(delivery.name)}: not a delivery date, not read")
            else:
                deliveries.append(LandedDelivery(folder.name, extract_date, delivery, folder_stats(delivery)))
    return sorted(deliveries, key=lambda found: (found.extract_date, found.source)), notices


def _folders(path: Path) -> list[Path]:
    if not path.is_dir():
        return []
    return sorted(entry for entry in path.iterdir() if entry.is_dir() and not entry.name.startswith("."))


def _date(name: str) -> date | None:
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", name):
        return None
    try:
        return date.fromisoformat(name)
    except ValueError:
        return None


def folder_stats(folder: Path) -> dict[str, FileStat]:
    """Size and times of every file in the folder, by name; a file that goes away meanwhile is left out."""
    stats: dict[str, FileStat] = {}
    for entry in sorted(folder.iterdir()):
        try:
            stat = entry.stat()
        except FileNotFoundError:
            continue
        if entry.is_file():
            stats[entry.name] = (stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)
    return stats


def still_copied(
    deliveries: list[LandedDelivery], settle_seconds: Mapping[str, float]
) -> set[LandedDelivery]:
    """Those deliveries that change while we look, have an unfinished file, or none at all.

    Youth alone is no reason: a folder younger than its source's `settle_seconds` is looked at once more
    after at most a second, all of them together.
    """
    now = time.time()
    young = [delivery for delivery in deliveries if now - _newest(delivery) < settle_seconds[delivery.source]]
    if young:
        time.sleep(RECHECK_SECONDS)
    moving = [delivery for delivery in young if folder_stats(delivery.folder) != delivery.files]
    unfinished = [
        delivery
        for delivery in deliveries
        if not delivery.files or any(_UNFINISHED.fullmatch(name) for name in delivery.files)
    ]
    return {*moving, *unfinished}


def _newest(delivery: LandedDelivery) -> float:
    """When the folder last changed, in seconds since 1970; a copy that keeps dates has a new change time."""
    return max((max(stat[1:]) / 1e9 for stat in delivery.files.values()), default=0)


def shown(name: str) -> str:
    """A file's or column's name as it may be told: on one line, not endless, without what looks like a CPR number."""
    text = _LIKE_CPR.sub("[CPR]", name)
    printable = "".join(mark if mark.isprintable() else "�" for mark in text)
    return printable if len(printable) <= _LONGEST_NAME else f"{printable[:_LONGEST_NAME]}…"


def fits(name: str, profiles: list[Profile]) -> bool:
    """Whether a pattern of the profiles takes a file of this name."""
    return any(file.name_parts(name) is not None for profile in profiles for file in profile.files)


def match_files(delivery: LandedDelivery, profiles: list[Profile]) -> tuple[list[LandedFile], list[str]]:
    """The delivery's files with their profiles, in the profiles' order, and the names that no pattern fits.

    Raises:
        FileRefused: a file fits two patterns, stands there plain and zipped, or has a name that cannot be kept; or
            a required file is missing.
    """
    matched: dict[str, list[LandedFile]] = {}
    ignored = []
    for name in delivery.files:
        if name.startswith("."):
            continue
        hits = [
            LandedFile(
                delivery.folder / name, profile, file, {**parts, "delivery_date": str(delivery.extract_date)}
            )
            for profile in profiles
            for file in profile.files
            if (parts := file.name_parts(name)) is not None
        ]
        if hits and (shown(name) != name or len(os.fsencode(name)) > _LONGEST_NAME):
            raise FileRefused(
                f"{shown(name)}: the name is too long, is not text or looks like it holds a CPR number; rename it"
            )
        if hits:
            matched.setdefault(name.removesuffix(".gz"), []).extend(hits)
        else:
            ignored.append(name)
    for name, hits in matched.items():
        if len(hits) > 1:
            both = len({hit.path for hit in hits}) > 1
            raise FileRefused(f"{name}: " + ("there plain and as .gz" if both else "fits two patterns"))
    files = [hits[0] for hits in matched.values()]
    present = {id(file.file) for file in files}
    delivering = [profile for profile in profiles if any(file.profile is profile for file in files)]
    missing = [
        file.pattern
        for profile in delivering or profiles
        for file in profile.files
        if file.required and id(file) not in present
    ]
    if missing:
        raise FileRefused(f"missing: {', '.join(missing)}")
    return files, ignored


def settled_deliveries(settings: Settings, older_than_seconds: float) -> list[SettledDelivery]:
    """Deliveries that are not loaded and have not changed for so long, by stat only (for a sensor).

    A refused delivery stays in the list with the same stamp until its files change or are loaded.

    Raises:
        ConfigurationError: a profile is wrong.
    """
    deliveries, _ = scan(settings.landing_path, load_profiles(settings.profiles_path))
    now = time.time()
    return [
        SettledDelivery(delivery.source, delivery.extract_date, _stamp(delivery))
        for delivery in deliveries
        if delivery.files
        and now - _newest(delivery) >= older_than_seconds
        and not record_path(settings.lake_path, delivery.source, delivery.extract_date, "loaded").exists()
    ]


def _stamp(delivery: LandedDelivery) -> str:
    return hashlib.sha256(repr(sorted(delivery.files.items())).encode()).hexdigest()[:12]
