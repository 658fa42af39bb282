"""Another key than the lake's is noticed before anything is done, and rotating is the one way to get to it.

Every number and name is synthetic.
"""

import sys

import pytest
from pydantic import SecretStr

from orchestration import cli
from orchestration.errors import ConfigurationError
from orchestration.ingest.keys import key_fingerprint
from orchestration.settings import Settings
from tests.ingest.conftest import World

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
