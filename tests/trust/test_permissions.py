"""Who can open what: modes and groups of what a run leaves, tried by accounts of other groups."""

import os
import stat
import subprocess
from pathlib import Path

import pytest

from orchestration import permissions
from orchestration.errors import ConfigurationError
from orchestration.settings import Settings

# numbers of groups that need no name
GROUPS = {"marts": 47001, "steward": 47002, "public": 47003}
NOBODY = 47000
needs_root = pytest.mark.skipif(
    os.geteuid() != 0, reason="only root can give files to other groups and try to read as other accounts"
)

PUBLICATION = {
    "marts": ["manifest.json", "index.html", "kobling.duckdb", "parquet/mart_overrun.parquet"],
    "steward": ["steward/index.html", "steward/steward.duckdb", "steward/assets/datatables.js"],
    "public": ["public/index.html", "public/public.duckdb"],
}


@pytest.fixture
def reachable(settings: Settings) -> Settings:
    """A home whose parents let others pass, as /srv does; pytest's own folders do not."""
    for folder in settings.home_path.parents:
        if folder.stat().st_uid == os.geteuid() and not folder.stat().st_mode & 0o001:
            folder.chmod(folder.stat().st_mode | 0o001)
    settings.home_path.mkdir(mode=0o750)
    return settings


def _published(settings: Settings, groups: dict[str, int]) -> Path:
    path = settings.published_path / "2022-06-30"
    for file in (file for files in PUBLICATION.values() for file in files):
        (path / file).parent.mkdir(parents=True, exist_ok=True)
        (path / file).write_text("made up", encoding="utf-8")
    settings.published_path.chmod(0o750)
    permissions.entrust(path, groups)
    permissions.open_way(settings, groups)
    (settings.published_path / "current").symlink_to(path.name)
    return path


def _can_open(groups: list[int], paths: list[Path]) -> list[Path]:
    """Which of the files an account that is in these groups and no others can read."""
    program = 'for file do cat "$file" > /dev/null 2>&1 && echo "$file"; done; true'
    done = subprocess.run(
        ["/bin/sh", "-c", program, "sh", *map(str, paths)],
        capture_output=True,
        text=True,
        check=True,
        cwd="/",
        user=NOBODY,
        group=NOBODY,
        extra_groups=groups,
    )
    return [Path(line) for line in done.stdout.splitlines()]


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@needs_root
@pytest.mark.parametrize("part", [*GROUPS, None])
def test_a_reader_opens_the_files_of_the_own_part_and_no_other(reachable, part):
    path = _published(reachable, GROUPS)
    lake = reachable.lake_path / "posting" / "file.parquet"
    lake.parent.mkdir(parents=True)
    lake.write_text("made up", encoding="utf-8")
    lake.chmod(0o640)
    reachable.lake_path.chmod(0o750)
    permissions.close(reachable)
    current = reachable.published_path / "current"
    everything = [current / file for files in PUBLICATION.values() for file in files] + [lake]
    opened = _can_open([GROUPS[part]] if part else [], everything)
    assert opened == [current / file for file in PUBLICATION.get(part or "", [])]
    assert path.stat().st_gid == GROUPS["marts"]


@needs_root
def test_without_groups_nobody_else_passes(reachable):
    _published(reachable, {})
    current = reachable.published_path / "current"
    everything = [current / file for files in PUBLICATION.values() for file in files]
    assert _can_open(list(GROUPS.values()), everything) == []
    for path in reachable.home_path.rglob("*"):
        if not path.is_symlink() and path != reachable.published_path.parent:
            assert _mode(path) == (0o750 if path.is_dir() else 0o640), path


@needs_root
def test_one_part_can_have_readers_alone(reachable):
    path = _published(reachable, {"public": GROUPS["public"]})
    everything = [path / file for files in PUBLICATION.values() for file in files]
    assert _can_open([GROUPS["public"]], everything) == [path / file for file in PUBLICATION["public"]]


def test_what_was_left_open_is_closed_but_landing(settings):
    settings.home_path.mkdir(mode=0o755)
    for folder in ("lake", "published/2022-06-30", "dagster/history", "landing/bos/2022-06-30"):
        (settings.home_path / folder).mkdir(parents=True)
        (settings.home_path / folder / "file").write_text("made up", encoding="utf-8")
    for path in settings.home_path.rglob("*"):
        path.chmod(0o777 if path.is_dir() else 0o666)
    strict = settings.home_path / "lake" / "own"
    strict.touch(mode=0o600)
    (settings.published_path / "current").symlink_to("2022-06-30")
    (settings.published_path / "broken").symlink_to("gone")
    assert permissions.close(settings) == 8
    assert permissions.close(settings) == 0
    assert _mode(strict) == 0o600
    assert _mode(settings.landing_path) == 0o777
    assert _mode(settings.landing_path / "bos" / "2022-06-30" / "file") == 0o666
    assert _mode(settings.home_path / "dagster" / "history") == 0o750
    assert _mode(settings.home_path / "dagster" / "history" / "file") == 0o640
    # the way to the parts of a publication, where somebody has opened it
    assert _mode(settings.published_path / "2022-06-30") == 0o751


def test_a_group_that_is_not_there_is_said(settings):
    wrong = settings.model_copy(update={"group_steward": "no-such-group"})
    with pytest.raises(
        ConfigurationError, match=r"KOBLING_GROUP_STEWARD: there is no group 'no-such-group'; make it"
    ):
        permissions.readers(wrong)


def test_a_group_that_the_account_is_not_in_is_said(settings, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: NOBODY)
    wrong = settings.model_copy(update={"group_public": "47003"})
    with pytest.raises(
        ConfigurationError, match=r"KOBLING_GROUP_PUBLIC: the account .* is not in the group '47003'"
    ):
        permissions.readers(wrong)
    assert permissions.readers(settings) == {}
