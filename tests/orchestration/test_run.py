"""The main job through the command line, on small synthetic deliveries: published, rebuilt, refused by the gate."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestration import checks, cli, synth
from orchestration.publish import current, list_publications, verify
from orchestration.settings import Settings, load_settings
from orchestration.validation import ExpectationOutcome, Subject, ValidationResult, validate

from .conftest import KEY

pytestmark = pytest.mark.slow

Kobling = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def deliveries(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with two month ends of a made-up municipality; the tests of this module share it, in their order."""
    home = tmp_path_factory.mktemp("home")
    synth.write(home, children=20, months=2, seed=1)
    return home


@pytest.fixture
def home(deliveries: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("KOBLING_HOME", str(deliveries))
    monkeypatch.setenv("KOBLING_PSEUDONYM_KEY", KEY)
    return load_settings()


@pytest.fixture
def kobling(home: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Kobling:
    """Runs the command in this process: exit status, stdout, stderr."""

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["kobling", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        captured = capsys.readouterr()
        return int(str(ended.value.code or 0)), captured.out, captured.err

    return call


def test_a_run_publishes_and_prints_where(kobling: Kobling, home: Settings) -> None:
    status, out, err = kobling("run")
    assert (status, err) == (0, "")
    path, gate = out.splitlines()
    found = current(home)
    assert found is not None
    assert Path(path) == found.path
    assert gate.startswith(f"gate {found.manifest.gate.result}: ")
    assert str(found.manifest.as_of) == "2022-06-30"
    assert verify(home) == []
    # what the rules saw on both delivery dates is kept, so that the next delivery costs one evaluation
    assert len(list(home.observations_path.glob("observed_on=*/*.parquet"))) == 2


def test_a_past_date_is_rebuilt_beside_the_newer_one(kobling: Kobling, home: Settings) -> None:
    before = current(home)
    status, out, err = kobling("run", "--as-of", "2022-05-31")
    assert (status, err) == (0, "")
    assert json.loads((Path(out.splitlines()[0]) / "manifest.json").read_text())["as_of"] == "2022-05-31"
    assert "current stays" in out
    assert current(home) == before


def test_a_date_before_the_first_delivery_is_an_input_error(kobling: Kobling) -> None:
    status, out, err = kobling("run", "--as-of", "2022-05-30")
    assert (status, out) == (2, "")
    assert "before the first delivery (2022-05-31)" in err


@pytest.mark.parametrize("subject", ["lake", "marts"])
def test_what_the_gate_refuses_is_not_published(
    kobling: Kobling, home: Settings, monkeypatch: pytest.MonkeyPatch, subject: Subject
) -> None:
    table = {"lake": "lake.posting", "marts": "marts.fct_posting"}[subject]

    def refuse(database: Path, asked: Subject) -> ValidationResult:
        found = validate(database, asked)
        if asked != subject:
            return found
        failure = ExpectationOutcome(
            table=table,
            expectation="unique",
            columns=["posting_id"],
            severity="critical",
            success=False,
            unexpected_count=3,
            description_da="-",
            why_da="-",
            harms=[],
        )
        return found.model_copy(update={"outcomes": [*found.outcomes, failure]})

    before = [publication.id for publication in list_publications(home)]
    monkeypatch.setattr(checks, "validate", refuse)
    status, out, err = kobling("run")
    assert (status, out) == (1, "")
    assert err == f"kobling: the gate refuses this build: unique (posting_id) on {table}: 3 rows\n"
    assert [publication.id for publication in list_publications(home)] == before


def test_the_runs_are_in_dagster_with_what_they_found(home: Settings) -> None:
    from orchestration.instance import open_instance

    with open_instance(home) as instance:
        runs = instance.get_runs()
        assert [run.status.value for run in reversed(runs)] == [
            "SUCCESS",
            "SUCCESS",
            "FAILURE",
            "FAILURE",
            "FAILURE",
        ]
        stored = (home.dagster_path / "event_log.db").read_bytes()
    assert KEY.encode() not in stored
