"""The log of a run: a JSON object a line, with run, step and publication, and no value of a row."""

import json
import logging
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from orchestration.failures import told
from orchestration.jobs import LOGGED
from orchestration.logs import KEPT, PROCESS, PUBLICATION, logging_to, process_logger, run_log
from orchestration.resources import Run
from orchestration.settings import Settings

# not in the line that raises: a traceback quotes the code
PERSON = "Synthetic Person 0101011234"


@dg.asset(key=PUBLICATION)
def published() -> dg.MaterializeResult[None]:
    """Stands for the step that publishes."""
    return dg.MaterializeResult(metadata={"id": "2022-06-30_20220701T053000000000Z"})


@dg.asset(deps=[PUBLICATION])
def after(context: dg.AssetExecutionContext, run: Run) -> None:
    """Comes after it, and fails."""
    with told(context.log):
        logging.getLogger("kobling.of_a_module").warning("å: %s", "a word")
        raise ValueError(f"cannot convert '{PERSON}' of row 7")


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def log(settings: Settings) -> Path:
    """The log of a run of both steps, that Dagster starts: no command opens a log around it."""
    job = dg.Definitions(
        assets=[published, after],
        jobs=[dg.define_asset_job("job", config=LOGGED, executor_def=dg.in_process_executor)],
        resources={"run": Run()},
        loggers={PROCESS: process_logger},
    ).resolve_job_def("job")
    result = job.execute_in_process(raise_on_error=False)
    assert not result.success
    return run_log(settings.logs_path, result.run_id)


def test_every_line_says_when_how_grave_and_of_which_run(log: Path) -> None:
    run_id = log.stem.removeprefix("run-")
    found = lines(log)
    assert len(found) > 5
    assert {line["run_id"] for line in found} == {run_id}
    assert all({"timestamp", "level", "logger", "event"} <= line.keys() for line in found)
    assert log.stat().st_mode & 0o777 == 0o640


def test_a_step_and_its_failure_are_fields(log: Path) -> None:
    [failure] = [line for line in lines(log) if line.get("kind") == "STEP_FAILURE"]
    assert (failure["step"], failure["level"]) == ("after", "error")
    assert failure["error"] == "unexpected ValueError"


def test_what_comes_after_the_publication_names_it(log: Path) -> None:
    found = lines(log)
    named = ["publication_id" in line for line in found]
    assert named == sorted(named)
    [first, *_] = [line for line in found if "publication_id" in line]
    assert first["kind"] == "ASSET_MATERIALIZATION"
    assert found[-1]["publication_id"] == "2022-06-30_20220701T053000000000Z"


def test_a_modules_own_line_stands_among_them(log: Path) -> None:
    [line] = [line for line in lines(log) if line["logger"] == "kobling.of_a_module"]
    assert (line["event"], line["level"]) == ("å: a word", "warning")


def test_no_line_has_a_value(log: Path) -> None:
    assert "Synthetic Person" not in log.read_text()
    assert "0101011234" not in log.read_text()


def test_an_exception_that_a_library_logs_keeps_its_kind_and_loses_its_values(tmp_path: Path) -> None:
    with logging_to(tmp_path / "run-1.log", "1"):
        try:
            raise KeyError(PERSON)
        except KeyError:
            logging.getLogger("a.library").exception("no luck")
    [line] = lines(tmp_path / "run-1.log")
    assert line["event"] == "no luck"
    assert line["traceback"].endswith("KeyError: …")
    assert "test_logs.py" in line["traceback"]


def test_two_that_log_to_one_file_write_a_line_once(tmp_path: Path) -> None:
    path = tmp_path / "run-1.log"
    with logging_to(path, "1"):
        with logging_to(path, "1"):
            logging.getLogger("kobling").info("inside")
        logging.getLogger("kobling").info("outside")
    assert [line["event"] for line in lines(path)] == ["inside", "outside"]


def test_for_people_there_is_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with logging_to(tmp_path / "run-1.log", "1", verbose=True):
        logging.getLogger("kobling").info("one line")
    assert capsys.readouterr().err.endswith("INFO kobling: one line\n")


def test_old_logs_go(tmp_path: Path) -> None:
    for number in range(KEPT + 3):
        (tmp_path / f"run-{number}.log").touch()
    with logging_to(tmp_path / "run-new.log"):
        pass
    assert len(list(tmp_path.glob("run-*.log"))) == KEPT
