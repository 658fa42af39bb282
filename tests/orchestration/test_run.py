"""The main job through the command line, on small synthetic deliveries: published, rebuilt, refused by the gate."""

import json
import shutil
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from openpyxl import load_workbook

from orchestration import checks, cli, synth
from orchestration.publish import current, list_publications, verify
from orchestration.publish.names import worklist_file
from orchestration.settings import Settings, load_settings
from orchestration.validation import ExpectationOutcome, Subject, ValidationResult, validate

from .. import worklists
from ..overrun import planted
from ..overrun.bridge import PARTS
from .conftest import KEY

pytestmark = pytest.mark.slow

Kobling = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def deliveries(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """A home with two month ends of a made-up municipality, and the course that each planted cause changed.

    The tests of this module share it, in their order.
    """
    home = tmp_path_factory.mktemp("home")
    synth.write(home, children=20, months=2, seed=1)
    return home, planted.plant(home / "landing")


@pytest.fixture
def home(deliveries: tuple[Path, dict[str, str]], monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("KOBLING_HOME", str(deliveries[0]))
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
    assert len(list(home.observations_path.glob("observed_on=*/*/gap_observation.parquet"))) == 2


def test_each_planted_cause_stands_in_its_own_part_of_the_bridge(
    home: Settings, deliveries: tuple[Path, dict[str, str]]
) -> None:
    courses = deliveries[1]
    assert courses.keys() == planted.CAUSES.keys()
    found = current(home)
    assert found is not None
    parts = dict(
        _query(
            found.path / "kobling.duckdb",
            f"""
            select course_id, list(part order by part)
            from (unpivot marts.mart_overrun_bridge on {", ".join(PARTS)} into name part value amount)
            where amount <> 0 and fiscal_year = 2022
            group by course_id
            """,
        )
    )
    assert {cause: parts[course] for cause, course in courses.items()} == {
        cause: [part] for cause, part in planted.CAUSES.items()
    }


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


def _query(path: Path, sql: str, *values: object) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(sql, values).fetchall()


def test_what_stewards_answer_comes_back_with_who_and_when(kobling: Kobling, home: Settings) -> None:
    """A team's worklist is filled in and delivered: waived, accepted, commented and coupled, until a waiver ends."""
    found = current(home)
    assert found is not None
    [(posting, team, payment)] = _query(
        found.path / "steward" / "steward.duckdb",
        f"""
        attach '{found.path}/kobling.duckdb' as kobling (read_only);
        select posting_id, unmatched.team_id, split_part(nearest_ids, '; ', 1)
        from steward_unmatched_posting as unmatched
        inner join kobling.marts.mart_match_explain as explained using (posting_id)
        where explained.nearest_ids is not null and unmatched.team_id is not null
        order by posting_id limit 1
        """,
    )
    # gaps that stand whether the posting is coupled or not
    [(waived,), (accepted,), (commented,)] = _query(
        found.path / "steward" / "steward.duckdb",
        """
        select gap_id from steward_registration_gap
        where team_id = ? and kind = 'gap' and posting_id is distinct from ? and course_id is distinct from ?
            and rule_id not in ('A02', 'A05', 'A06', 'A10')
        order by gap_id limit 3
        """,
        team,
        posting,
        payment.split("/")[0],
    )
    delivery = home.landing_path / "plan" / "2022-07-04"
    delivery.mkdir(parents=True)
    worklist = delivery / "svar fra teamet.xlsx"
    shutil.copy(found.path / "steward" / worklist_file(team), worklist)
    until = date(2022, 7, 10)
    worklists.fill(
        worklist,
        {
            waived: {"Afgørelse": "Undtaget", "Kommentar": "Klagesag", "Gælder til": until},
            accepted: {"Afgørelse": "Accepteret", "Kommentar": "Aftalt", "Udfyldt af": "xyz"},
            commented: {"Kommentar": "Rykket for svar"},
            posting: {"Kobl til": payment},
        },
        once={"Udfyldt af": "abc", "Dato": date(2022, 7, 1)},
    )

    said = """
        select gap_id, status = 'waived', decision, decided_by, decided_on, waived_until_on, comment_da, comment_by
        from steward_registration_gap where gap_id in (?, ?, ?)
    """
    first = date(2022, 7, 1)
    for as_of, is_waived in (("2022-07-04", True), ("2022-07-11", False)):
        status, out, err = kobling("run", "--as-of", as_of)
        assert (status, err) == (0, "")
        part = Path(out.splitlines()[0]) / "steward"
        waiver = ("WAIVE", "abc", first, until) if is_waived else (None,) * 4
        assert set(_query(part / "steward.duckdb", said, waived, accepted, commented)) == {
            (waived, is_waived, *waiver, "Klagesag", "abc"),
            (accepted, True, "ACCEPT", "xyz", first, None, "Aftalt", "xyz"),
            (commented, False, None, None, None, None, "Rykket for svar", "abc"),
        }
        [(coupled, method)] = _query(
            part.parent / "kobling.duckdb",
            "select course_payment_id, match_method from marts.fct_posting_match where posting_id = ?",
            posting,
        )
        assert (coupled, method) == (payment, "manual")
    # the next worklists show the answers, and the coupling so that its course's team can take it back
    books: list[Any] = [load_workbook(path) for path in part.glob("*.xlsx")]
    shown = {str(cell.value) for book in books for sheet in book for row in sheet.iter_rows() for cell in row}
    assert {"Aftalt (xyz 01.07.2022)", "Rykket for svar (abc 01.07.2022)", "Accepteret", payment} <= shown


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
            "SUCCESS",
            "SUCCESS",
        ]
        stored = (home.dagster_path / "event_log.db").read_bytes()
    assert KEY.encode() not in stored
