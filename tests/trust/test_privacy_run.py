"""Nothing of a person, and no secret, in anything that a run leaves or says: looked for down to the cell.

People of our own are planted in synthetic deliveries, also where no person belongs (planted.py), and everything is
looked at afterwards (scan.py): lake, quarantine, warehouse with dbt's and the gate's results, publication, logs,
Dagster's storage, and what good and failing runs printed. The shared extracts' home is looked at too.

A birth date may stand in the private build (columns `…_birth_on` of lake and warehouse), for ages are counted from it.
"""

import os
import stat
import subprocess
import sys
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import dagster as dg
import duckdb
import pytest
from dagster._core.remote_representation.external_data import RepositorySnap

from orchestration.assets.publication import POSTGRES
from orchestration.definitions import build_definitions
from orchestration.instance import open_instance
from orchestration.jobs import JOB
from orchestration.settings import load_settings
from tests.home import Home
from tests.trust import planted
from tests.trust.people import people_of
from tests.trust.scan import Needles, Report, scan, scan_text

# not what looks like one anywhere, or a test would find itself
KEY = "planted-key-of-the-privacy-scan"
PASSWORD = "planted-password-of-the-scan"
SECRETS = (KEY, KEY.encode().hex(), PASSWORD)
DSN = f"postgresql://kobling:{PASSWORD}@localhost:1/kobling?no_such_option=1"
WEBHOOK = "http://127.0.0.1:9/planted-webhook-of-the-scan"
GROUPS = {"MARTS": 47001, "STEWARD": 47002, "PUBLIC": 47003}
IS_ROOT = os.geteuid() == 0


@dataclass
class Ran:
    """A home after a run and what can go wrong in others, and what all of it printed."""

    path: Path
    landing: Path
    printed: dict[str, subprocess.CompletedProcess[str]] = field(default_factory=dict)
    report: Report = field(default_factory=Report)

    def kobling(self, name: str, *, key: str = KEY, **more: str) -> int:
        """Runs the command as a careless caller would: nothing is closed to anybody."""
        done = subprocess.run(
            [Path(sys.executable).with_name("kobling"), "run"],
            env={**os.environ, **self.environment(key), **more},
            capture_output=True,
            text=True,
            check=False,
            umask=0,
        )
        self.printed[name] = done
        return done.returncode

    def environment(self, key: str = KEY) -> dict[str, str]:
        groups = {f"KOBLING_GROUP_{part}": str(group) for part, group in GROUPS.items()} if IS_ROOT else {}
        return {
            "KOBLING_HOME": str(self.path),
            "KOBLING_LANDING": str(self.landing),
            "KOBLING_PSEUDONYM_KEY": key,
            **groups,
        }


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """A published run on planted deliveries, some of them refused, and then runs that fail, each for its reason."""
    folder = tmp_path_factory.mktemp("planted")
    home = Ran(folder / "home", planted.deliver(folder, children=16, months=2, seed=11))
    needles = replace(planted.needles(), texts=frozenset([*SECRETS, "planted-webhook-of-the-scan"]))
    assert home.kobling("run") == 0, home.printed["run"].stderr
    # now and at the end: a run begins by removing what dbt left of the one before
    home.report = scan(home.path, needles)
    assert home.kobling("wrong key", key=f"other-{KEY}") == 2
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**home.environment(), "KOBLING_PG_DSN": DSN}.items():
            patch.setenv(name, value)
        _publish_to_nowhere()
    lake_file = max((home.path / "lake" / "posting").glob("*/*.parquet"))
    whole = lake_file.read_bytes()
    _lose_amounts(lake_file)
    assert home.kobling("gate", KOBLING_WEBHOOK_URL=WEBHOOK) == 1, home.printed["gate"].stderr
    lake_file.write_bytes(whole[:-100])
    assert home.kobling("damaged lake") == 2
    lake_file.write_bytes(whole)
    home.report.add(scan(home.path, needles))
    for name, done in home.printed.items():
        home.report.add(scan_text(name, f"{done.stdout}\n{done.stderr}", needles))
    return home


def _publish_to_nowhere() -> None:
    """The step that loads PostgreSQL, with a connection string that no server understands."""
    settings = load_settings()
    with open_instance(settings) as instance:
        result = (
            build_definitions()
            .resolve_job_def(JOB)
            .execute_in_process(instance=instance, asset_selection=[POSTGRES], raise_on_error=False)
        )
    assert not result.success


def _lose_amounts(file: Path) -> None:
    spoilt = file.with_suffix(".spoilt")
    with duckdb.connect() as connection:
        connection.execute(
            f"copy (select * replace (null::decimal(18, 2) as amount_dkk) from '{file}') to '{spoilt}' (format parquet)"
        )
    spoilt.replace(file)


def test_no_person_and_no_secret_comes_out(ran, record_property):
    record_property("scanned", str(ran.report))
    print(f"\nprivacy scan of planted deliveries: {ran.report}")
    assert [str(finding) for finding in ran.report.findings] == []
    assert ran.report.files > 250
    looked_at = {path.relative_to(ran.path).parts[0] for path in ran.path.rglob("*") if path.is_file()}
    assert {"lake", "quarantine", "warehouse", "published", "logs", "dagster"} <= looked_at


def test_the_refused_deliveries_are_told_in_one_line_each(ran):
    lines = ran.printed["run"].stderr.splitlines()
    assert all(line.startswith("kobling: ") for line in lines), lines
    assert sum(": refused: " in line for line in lines) == 3
    for name in ("wrong key", "gate", "damaged lake"):
        assert "Traceback" not in ran.printed[name].stderr
    assert "a file of lake/posting is missing or damaged" in ran.printed["damaged lake"].stderr


def test_everything_is_closed_to_others_though_the_caller_leaves_all_open(ran):
    way = {ran.path, ran.path / "published", *(ran.path / "published").iterdir()} if IS_ROOT else set()
    open_to = {
        str(path.relative_to(ran.path)): oct(stat.S_IMODE(path.stat().st_mode))
        for path in ran.path.rglob("*")
        if not path.is_symlink()
        and stat.S_IMODE(path.stat().st_mode)
        & ~((0o751 if path in way else 0o750) if path.is_dir() else 0o640)
    }
    assert open_to == {}


@pytest.mark.skipif(not IS_ROOT, reason="only root can give files to groups that the account is not in")
def test_each_part_of_the_publication_is_of_its_group(ran):
    current = (ran.path / "published" / "current").resolve()
    for path in [current, *current.rglob("*")]:
        part = next(iter(path.relative_to(current).parts), "").upper()
        assert path.stat().st_gid == GROUPS.get(part, GROUPS["MARTS"]), path


def test_no_secret_in_what_dagster_shows(ran, monkeypatch):
    for name, value in {**ran.environment(), "KOBLING_PG_DSN": DSN}.items():
        monkeypatch.setenv(name, value)
    settings = load_settings()
    snapshot = RepositorySnap.from_def(build_definitions().get_repository_def())
    with open_instance(settings) as instance:
        shown = [dg.serialize_value(snapshot), instance.info_str()]
    shown += [repr(settings), str(settings), str(settings.model_dump()), settings.model_dump_json()]
    needles = Needles.of(texts=SECRETS)
    assert [scan_text("Dagster", text, needles).findings for text in shown] == [[]] * len(shown)


@pytest.mark.torture
def test_nothing_of_the_shared_extracts_comes_out(
    home: Home, shared_data: Path, torture: bool, record_property
):
    """The short version looks at what one date published; the long one at the whole home."""
    root = home.path if torture else home.publication("2022-03-31")
    report = scan(root, people_of(shared_data / "landing"))
    record_property("scanned", str(report))
    print(f"\nprivacy scan of the shared extracts: {report}")
    assert [str(finding) for finding in report.findings] == []


def test_the_needles_are_in_what_is_delivered(ran):
    """Otherwise nothing found would say nothing."""
    needles = planted.needles()
    found = {str(finding).split(": ")[-1] for finding in scan(ran.landing, needles).findings}
    assert found == {"number", "name", "birth date"}
    delivered = "".join(
        path.read_bytes().decode("utf-8" if "bos" in path.parts else "cp1252")
        for path in ran.landing.glob("*/2022-0[56]-3*/*.csv")
    )
    for person in planted.PEOPLE:
        assert person.name in delivered
        assert person.number in delivered
    assert date(1999, 2, 28) in needles.births
