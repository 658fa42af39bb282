"""Back up and restore, by the runbook's own commands: what is restored verifies, and a new build says the same."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from orchestration.publish import current
from orchestration.settings import PROJECT_ROOT, Settings

from ..home import AS_OF, KEY, Home

RUNBOOK = PROJECT_ROOT / "docs" / "operations.md"


def commands(heading: str) -> list[str]:
    """The shell blocks of a section of the runbook."""
    [section] = re.findall(rf"^## {heading}\n(.*?)(?=^## )", RUNBOOK.read_text(encoding="utf-8"), re.M | re.S)
    return re.findall(r"^```sh\n(.*?)^```", section, re.M | re.S)


def by_hand(
    script: str, home: Path, backup: Path, landing: Path, key: str
) -> subprocess.CompletedProcess[str]:
    """Runs a block as the runbook's reader would."""
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "KOBLING_HOME": str(home),
        "KOBLING_LANDING": str(landing),
        "KOBLING_PSEUDONYM_KEY": key,
        "BACKUP": str(backup),
    }
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def differences(one: Path, other: Path) -> list[str]:
    """Tables that are not the same, row by row, in the marts of two publications; `mart_run_status` tells of both."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{one}/kobling.duckdb' as one (read_only)")
        connection.execute(f"attach '{other}/kobling.duckdb' as other (read_only)")
        tables = {
            (database, table)
            for database, table in connection.execute(
                "select database_name, table_name from duckdb_tables() where schema_name = 'marts'"
            ).fetchall()
        }
        names = {table for _, table in tables}
        assert len(names) > 30
        found = [table for table in names if not {("one", table), ("other", table)} <= tables]
        for table in sorted(names - set(found)):
            for left, right in (("one", "other"), ("other", "one")):
                rows = (
                    f"select count(*) from (from {left}.marts.{table} except all from {right}.marts.{table})"
                )
                if connection.execute(rows).fetchone() != (0,):
                    found.append(table)
        return sorted(set(found))


def restore(home: Path, landing: Path, key: str, scratch: Path) -> tuple[Path, Path]:
    """Backs the home up and restores it elsewhere; the restored home, and the backup's folder."""
    backup, restored = scratch / "backup", scratch / "restored"
    backup.mkdir()
    [make] = commands("Back up")
    by_hand(make, home, backup, landing, key)
    [archive] = backup.iterdir()
    assert archive.stat().st_mode & 0o777 == 0o640
    [take, _] = commands("Restore")
    done = by_hand(take, restored, backup, landing, key)
    assert "current: every file is as it was published" in done.stdout
    assert [line for line in done.stdout.splitlines() if line.startswith("fail")] == []
    assert re.search(r"^ok +current", done.stdout, re.M)
    assert re.search(r"^ok +lake", done.stdout, re.M)
    return restored, backup


def check_what_is_restored(home: Path, restored: Path) -> None:
    old, new = current(Settings(home=home)), current(Settings(home=restored))
    assert old is not None
    assert new is not None
    assert new.path.parent.parent == restored
    assert (new.id, differences(old.path, new.path)) == (old.id, [])
    kept = {path.name for path in home.iterdir()} - {"landing", "dagster", ".kobling.lock"}
    assert kept <= {path.name for path in restored.iterdir()}
    assert list(restored.glob("warehouse/observations/*/*/*.parquet"))
    assert not (restored / "warehouse" / "kobling.duckdb").exists()
    open_to_others = [
        path for path in restored.rglob("*") if not path.is_symlink() and path.stat().st_mode & 0o006
    ]
    closed_before = [
        path for path in home.rglob("*") if not path.is_symlink() and path.stat().st_mode & 0o006
    ]
    assert len(open_to_others) <= len(closed_before)


def check_a_new_build(restored: Path, backup: Path, landing: Path, key: str) -> None:
    before = current(Settings(home=restored))
    assert before is not None
    [_, build] = commands("Restore")
    done = by_hand(build, restored, backup, landing, key)
    after = Path(done.stdout.splitlines()[0])
    assert after != before.path
    assert after.name.startswith(str(before.manifest.as_of))
    assert differences(before.path, after) == []


@pytest.mark.slow
@pytest.mark.torture
def test_a_backup_is_restored_by_the_runbook(
    home: Home, shared_data: Path, tmp_path: Path, torture: bool
) -> None:
    """Short: restored, verified, the same tables. Long: built again, the same tables."""
    landing = shared_data / "landing"
    restored, backup = restore(home.path, landing, KEY, tmp_path)
    check_what_is_restored(home.path, restored)
    if torture:
        check_a_new_build(restored, backup, landing, KEY)


def test_a_damaged_restore_is_noticed(home: Home, shared_data: Path, tmp_path: Path) -> None:
    """A copy that lost a file, or changed one, is no backup: the runbook's commands say so."""
    copied = tmp_path / "home"
    shutil.copytree(
        home.path, copied, symlinks=True, ignore=shutil.ignore_patterns("dagster", "kobling.duckdb.wal")
    )
    found = current(Settings(home=copied))
    assert found is not None
    assert str(found.manifest.as_of) == AS_OF[0]
    page = found.path / "index.html"
    page.write_bytes(page.read_bytes() + b" ")
    next((copied / "lake").glob("posting/*/*.parquet")).unlink()
    landing = shared_data / "landing"
    for script, line in (("kobling verify", "changed: index.html"), ("kobling doctor", "fail  lake")):
        with pytest.raises(AssertionError, match=line):
            by_hand(script, copied, tmp_path, landing, KEY)
