"""`kobling forget` and `kobling rotate-key` as they are given: what they print, and their exit status."""

import sys
from collections.abc import Callable

import pytest

from orchestration import cli
from orchestration.settings import Settings
from tests.ingest.conftest import World

Kobling = Callable[..., tuple[int, str, str]]


@pytest.fixture
def kobling(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Kobling:
    """Runs the command in this process on a lake of one delivery; nothing is published."""
    world = World(settings)
    world.bos({})
    world.ingest()

    def call(key: str, *arguments: str) -> tuple[int, str, str]:
        monkeypatch.setenv("KOBLING_HOME", str(settings.home_path))
        monkeypatch.setenv("KOBLING_PSEUDONYM_KEY", key)
        monkeypatch.setattr(sys, "argv", ["kobling", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        captured = capsys.readouterr()
        return int(str(ended.value.code or 0)), captured.out, captured.err

    return call


def test_the_commands_say_what_they_did_in_one_line(kobling: Kobling) -> None:
    key, other = "synthetic-key-of-the-tests", "another-synthetic-key-of-the-tests"
    status, out, err = kobling(key, "forget", "99", "--yes")
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert "there is no case 99 in the lake" in err
    status, out, err = kobling(other, "forget", "7", "--yes")
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert "is not the key" in err

    status, out, err = kobling(other, "rotate-key")
    assert (status, err) == (0, "")
    assert out.startswith("1 deliveries are in the lake under the new key, 0 were left out")
    assert kobling(other, "rotate-key") == (
        0,
        "the lake is of this key already; nothing was changed\n",
        "",
    )
    status, out, err = kobling(other, "forget", "7", "--yes")
    assert (status, err) == (0, "")
    assert out.startswith("forgotten: 1 children of 1 cases, 3 rows in 3 files of 1 deliveries")
    status, out, err = kobling(other, "forget", "7", "--yes")
    assert (status, out) == (2, "")
    assert "forgotten already" in err
