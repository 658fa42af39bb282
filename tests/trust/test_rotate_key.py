"""Another key than the lake's is noticed before anything is done, and rotating is the one way to get to it.

Every number and name is synthetic.
"""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from orchestration import cli
from orchestration.errors import ConfigurationError, InputError
from orchestration.ingest import load_deliveries
from orchestration.ingest.forgotten import GONE
from orchestration.ingest.keys import key_fingerprint
from orchestration.privacy import audit, recovery, rotation
from orchestration.privacy.forgetting import forget
from orchestration.privacy.rotation import rotate
from orchestration.settings import Settings
from tests.ingest.conftest import World

KEY = "synthetic-key-of-the-tests"
OTHER_KEY = "another-synthetic-key-of-the-tests"


@pytest.fixture
def world(settings: Settings) -> World:
    """One delivery of the ledger and one of the case system in the lake."""
    world = World(settings)
    world.postings({"recipient_cpr": "0101011234"})
    world.bos({})
    world.ingest()
    return world


def with_key(settings: Settings, key: str, **more: object) -> Settings:
    """The same home with another key."""
    return settings.model_copy(update={"pseudonym_key": SecretStr(key), **more})


def test_a_fingerprint_tells_keys_apart_and_not_the_key() -> None:
    key = OTHER_KEY.encode()
    assert key_fingerprint(key) == key_fingerprint(key) != key_fingerprint(key + b"x")
    assert OTHER_KEY not in key_fingerprint(key)


def test_the_command_refuses_another_key_in_one_line_and_changes_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = world.state()
    monkeypatch.setenv("KOBLING_HOME", str(world.settings.home_path))
    monkeypatch.setenv("KOBLING_PSEUDONYM_KEY", OTHER_KEY)
    monkeypatch.setattr(sys, "argv", ["kobling", "run"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    captured = capsys.readouterr()
    assert (ended.value.code, captured.out, captured.err.count("\n")) == (2, "", 1)
    assert "KOBLING_PSEUDONYM_KEY is not the key that the lake was made with" in captured.err
    assert OTHER_KEY not in captured.err
    assert world.state() == before
    # refused before Dagster starts: not even a run is recorded
    assert not world.settings.dagster_path.exists()


def test_a_new_delivery_under_another_key_is_not_taken(world: World) -> None:
    before = world.state()
    world.postings({}, day="2022-02-28", name="postings_2022-02.csv")
    world.settings = with_key(world.settings, OTHER_KEY)
    with pytest.raises(ConfigurationError, match="is not the key"):
        world.ingest()
    assert world.state() == before


def test_rotating_makes_the_lake_that_the_new_key_would_have_made(world: World, tmp_path: Path) -> None:
    world.settings.warehouse_path.parent.mkdir()
    world.settings.warehouse_path.write_text("a build with the old pseudonyms")
    before = world.rows("posting", "person_key, amount_dkk, posting_id")
    rotated = rotate(with_key(world.settings, OTHER_KEY))
    assert rotated == rotation.Rotated(deliveries=2, left_out=[], forgotten=0)
    other = World(with_key(world.settings, OTHER_KEY, home=tmp_path / "other"))
    shutil.copytree(world.settings.landing_path, other.settings.landing_path)
    other.ingest()
    assert world.state() == other.state()
    after = world.rows("posting", "person_key, amount_dkk, posting_id")
    assert [row[1:] for row in after] == [row[1:] for row in before]
    assert after[0][0] != before[0][0]
    # the same person is the same in both sources
    assert after[0][0] == world.rows("course_payment", "child_key")[0][0]
    old = before[0][0].encode()
    assert not [
        path
        for path in world.settings.home_path.rglob("*")
        if path.is_file()
        and (old in path.read_bytes() or "rotating" in str(path.relative_to(world.settings.home_path)))
    ]
    assert not world.settings.warehouse_path.exists()


def test_the_old_key_is_the_wrong_one_afterwards_and_rotating_twice_does_nothing(world: World) -> None:
    settings = with_key(world.settings, OTHER_KEY)
    rotate(settings)
    state = world.state()
    assert rotate(settings) is None
    with pytest.raises(ConfigurationError, match="kobling rotate-key"):
        world.ingest()
    assert world.state() == state
    (line,) = world.settings.audit_path.read_text().splitlines()
    told = json.loads(line)
    assert (told["kind"], told["deliveries"], told["left_out"]) == ("rotate-key", 2, 0)
    assert OTHER_KEY not in line


def test_deliveries_that_landing_has_no_more_are_named(world: World) -> None:
    before = world.state()
    shutil.rmtree(world.folder("ledger", "2022-01-31"))
    settings = with_key(world.settings, OTHER_KEY)
    with pytest.raises(InputError, match=r"ledger 2022-01-31.*--without-missing"):
        rotate(settings)
    assert world.state() == before
    rotated = rotate(settings, without_missing=True)
    assert rotated is not None
    assert (rotated.deliveries, rotated.left_out) == (1, ["ledger 2022-01-31"])
    assert [record.source for record in load_deliveries(settings.lake_path)] == ["bos"]


def test_other_content_in_landing_is_not_taken_for_the_delivery(world: World) -> None:
    before = world.state()
    world.postings({"recipient_cpr": "0101011234", "amount": "1,00"})
    with pytest.raises(InputError, match="ledger 2022-01-31 has other content"):
        rotate(with_key(world.settings, OTHER_KEY))
    assert world.state() == before
    assert not list(world.settings.home_path.glob(".rotating*"))


def test_a_delivery_that_cannot_be_read_any_more_stops_it(world: World) -> None:
    before = world.state()
    path = world.folder("ledger", "2022-01-31") / "postings_2022-01.csv"
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(InputError, match="ledger 2022-01-31 cannot be read again"):
        rotate(with_key(world.settings, OTHER_KEY))
    assert world.state() == before


def test_what_is_retired_stays_retired(world: World) -> None:
    world.postings({"posting_id": "1", "fiscal_year": "2019"}, day="2019-01-31", name="postings_2019-01.csv")
    world.ingest()
    world.settings = world.settings.model_copy(update={"keep_deliveries_months": 24})
    world.ingest()
    rotate(with_key(world.settings, OTHER_KEY))
    status = {str(record.extract_date): record.status for record in load_deliveries(world.settings.lake_path)}
    assert status == {"2019-01-31": "retired", "2022-01-31": "loaded"}


def test_who_was_forgotten_stays_forgotten(world: World) -> None:
    old = world.rows("course_payment", "child_key")[0][0]
    forget(world.settings, ["7"])
    settings = with_key(world.settings, OTHER_KEY)
    with pytest.raises(ConfigurationError, match="KOBLING_PREVIOUS_PSEUDONYM_KEY"):
        rotate(settings)
    with pytest.raises(ConfigurationError, match="KOBLING_PREVIOUS_PSEUDONYM_KEY"):
        rotate(with_key(world.settings, OTHER_KEY, previous_pseudonym_key=SecretStr("a third key of nobody")))
    rotated = rotate(with_key(world.settings, OTHER_KEY, previous_pseudonym_key=SecretStr(KEY)))
    assert rotated is not None
    assert rotated.forgotten == 1
    ((case,),) = set(world.rows("case_history", "case_id"))
    assert case.startswith(GONE)
    ((key, born),) = set(world.rows("course_payment", "child_key, child_birth_on"))
    assert born is None
    assert key not in (old, _pseudonym_under(OTHER_KEY, world))
    # and the list is of the new key: the child does not come with the next delivery either
    world.settings = settings
    world.bos({}, day="2022-02-28")
    world.ingest()
    assert all(case.startswith(GONE) for (case,) in world.rows("case_history", "case_id"))


@pytest.mark.parametrize("at", ["entry", "forget_builds", "rename", "write"])
def test_a_crash_leaves_the_old_lake_or_the_new_one_whole(
    world: World, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    before = _keys(world)

    class Killed(BaseException):
        """Nobody catches it."""

    def killed(*_: Any, **__: Any) -> None:
        raise Killed

    real = Path.rename

    def killed_between(path: Path, target: Path) -> Path:
        # the old lake is out of the way, the new one not there yet
        if target == world.settings.lake_path:
            raise Killed
        return real(path, target)

    with monkeypatch.context() as patch:
        if at == "rename":
            patch.setattr(Path, "rename", killed_between)
        else:
            patch.setattr(audit if at in ("entry", "write") else recovery, at, killed)
        with pytest.raises(Killed):
            rotate(with_key(world.settings, OTHER_KEY))
    recovery.finish(world.settings)
    is_decided = at != "entry"
    assert (_keys(world) != before) == is_decided
    settings = with_key(world.settings, OTHER_KEY) if is_decided else world.settings
    world.settings = settings
    assert world.ingest().refused == []
    assert not list(settings.home_path.glob(".rotating*"))
    assert settings.audit_path.exists() == is_decided


def _keys(world: World) -> list[tuple[Any, ...]]:
    return world.rows("posting", "person_key, amount_dkk") + world.rows("case_history", "child_key")


def _pseudonym_under(key: str, world: World) -> str:
    """What the child would be called had nobody been forgotten."""
    other = World(with_key(world.settings, key, home=world.settings.home_path / "other"))
    shutil.copytree(world.settings.landing_path, other.settings.landing_path)
    other.ingest()
    return str(other.rows("course_payment", "child_key")[0][0])
