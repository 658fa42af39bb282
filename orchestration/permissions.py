"""Who may open what a run leaves: its owner and group, and of a publication each part's own readers.

Belongs here: modes and groups of files and folders. Does not: what is in them (publish/privacy), or who may read what
in PostgreSQL (publish/postgres).
"""

import grp
import os
import stat
from collections.abc import Mapping
from pathlib import Path

from orchestration.errors import ConfigurationError
from orchestration.settings import Settings

FILE_MODE = 0o640
FOLDER_MODE = 0o750
PASSING = 0o001
"""Of a folder on the way to a part with readers of its own: others may pass, and neither list nor read."""

_OTHERS = 0o027

MARTS = "marts"
"""The part of a publication that is in no folder of a part's name."""


def restrict() -> None:
    """Everything that this process and what it starts makes from now on is for its owner and group."""
    os.umask(_OTHERS)


def close(settings: Settings) -> int:
    """Takes from others what they may with anything that Kobling keeps, whoever made it.

    An older version may have, a restored copy, or a program of Dagster's own. Landing belongs to those who deliver; the
    way to the parts of a publication stays open.

    Returns:
        How many files and folders were more open than they may be.
    """
    passing = _way(settings)
    mended = 0
    for folder, folders, files in os.walk(settings.home_path):
        folders[:] = [name for name in folders if Path(folder, name) != settings.landing_path]
        for path in (Path(folder, name) for name in [*folders, *files]):
            try:
                found = path.lstat()
                allowed = stat.S_IMODE(found.st_mode) & ~_OTHERS
                if path in passing or path.parent == settings.published_path:
                    allowed |= stat.S_IMODE(found.st_mode) & PASSING
                if not stat.S_ISLNK(found.st_mode) and allowed != stat.S_IMODE(found.st_mode):
                    path.chmod(allowed)
                    mended += 1
            except (FileNotFoundError, PermissionError):
                # gone meanwhile, or another's: `kobling doctor` tells
                continue
    return mended


def readers(settings: Settings) -> dict[str, int]:
    """The group of each part of a publication that has one in the settings: part → group id.

    Raises:
        ConfigurationError: there is no such group, or this account is not in it.
    """
    named = {MARTS: settings.group_marts, "steward": settings.group_steward, "public": settings.group_public}
    return {part: _group(f"KOBLING_GROUP_{part.upper()}", name) for part, name in named.items() if name}


def entrust(publication: Path, groups: Mapping[str, int]) -> None:
    """Gives each part of a publication to its readers, and closes it to all others.

    Args:
        publication: the folder, before it has its name.
        groups: part → group id; a part without one is its owner's and the owner's group's alone.
    """
    for path in [publication, *publication.rglob("*")]:
        part = next(iter(path.relative_to(publication).parts), MARTS)
        group = groups.get(part if part in ("steward", "public") else MARTS)
        if group is not None:
            os.chown(path, -1, group)
        path.chmod(FOLDER_MODE if path.is_dir() else FILE_MODE)
    if groups:
        publication.chmod(FOLDER_MODE | PASSING)


def open_way(settings: Settings, groups: Mapping[str, int]) -> None:
    """Lets the parts' readers pass to the publications, where a part has any."""
    for path in _way(settings) if groups else ():
        path.chmod(stat.S_IMODE(path.stat().st_mode) | PASSING)
    if MARTS in groups:
        os.chown(settings.published_path, -1, groups[MARTS])


def _way(settings: Settings) -> tuple[Path, ...]:
    return (settings.home_path, settings.published_path)


def _group(variable: str, name: str) -> int:
    try:
        group = int(name) if name.isdigit() else grp.getgrnam(name).gr_gid
    except KeyError:
        raise ConfigurationError(
            f"{variable}: there is no group {name!r}; make it, or name another"
        ) from None
    if os.geteuid() != 0 and group not in (os.getegid(), *os.getgroups()):
        raise ConfigurationError(
            f"{variable}: the account that runs Kobling is not in the group {name!r}; add it, and start again"
        )
    return group
