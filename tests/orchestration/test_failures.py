"""From an exception in a step to a line, an exit status and a log, without any value of a row."""

import errno
import logging
import sqlite3

import dagster as dg
import duckdb
import pytest

from orchestration.errors import ConfigurationError, GateRefused, Unavailable
from orchestration.failures import first_failure, system_line, told, without_values


def run_step(
    error: Exception | None, retry: dg.RetryPolicy | None = None
) -> tuple[dg.ExecuteInProcessResult, int]:
    """A job of one step that raises; and how often it was tried."""
    tries = []

    @dg.op(retry_policy=retry)
    def step(context: dg.OpExecutionContext) -> None:
        tries.append(1)
        with told(context.log):
            if error:
                raise error

    @dg.job
    def job() -> None:
        step()

    return job.execute_in_process(raise_on_error=False), len(tries)


@pytest.mark.parametrize(
    ("error", "status"),
    [(ConfigurationError("set the key"), 2), (GateRefused("unique on marts.x: 3 rows"), 1)],
)
def test_our_errors_keep_their_words_and_status_and_are_not_tried_again(
    error: Exception, status: int
) -> None:
    result, tries = run_step(error, dg.RetryPolicy(max_retries=2))
    found = first_failure(result)
    assert found is not None
    assert (found.line, found.exit_status, found.is_expected) == (str(error), status, True)
    assert tries == 1


def test_a_full_disk_is_tried_again_and_then_said() -> None:
    error = OSError(errno.ENOSPC, "No space left on device", "/data/x.parquet")
    result, tries = run_step(error, dg.RetryPolicy(max_retries=2))
    found = first_failure(result)
    assert found is not None
    assert (found.line, found.exit_status) == (
        "No space left on device: /data/x.parquet; free disk space, then run again",
        2,
    )
    assert tries == 3


@pytest.mark.parametrize(
    "error",
    [
        duckdb.IOException('IO Error: Could not write file "/data/x.tmp": No space left on device'),
        sqlite3.OperationalError("database or disk is full"),
    ],
)
def test_a_full_disk_is_told_of_whoever_met_it(error: Exception) -> None:
    around = RuntimeError("could not store the event")
    around.__cause__ = error
    assert system_line(around) == "No space left on device; free disk space, then run again"


def test_sqlite_without_room_for_its_log_is_told_of_the_disk() -> None:
    line = system_line(sqlite3.OperationalError("disk I/O error"))
    assert line == "Input/output error; free disk space or see to the disk, then run again"


def test_an_error_of_ours_is_no_fault_of_the_system() -> None:
    assert system_line(ValueError("row 7")) is None


def test_a_server_that_is_away_is_tried_again_and_then_said() -> None:
    result, tries = run_step(Unavailable("the server is away"), dg.RetryPolicy(max_retries=2))
    found = first_failure(result)
    assert found is not None
    assert (found.line, found.exit_status, found.is_expected) == ("the server is away", 2, True)
    assert tries == 3


def test_an_unexpected_error_tells_its_kind_only(caplog: pytest.LogCaptureFixture) -> None:
    error = ValueError("cannot convert 'Synthetic Person' 0101011234 of row 7")
    with caplog.at_level(logging.DEBUG):
        result, tries = run_step(error, dg.RetryPolicy(max_retries=2))
    found = first_failure(result)
    assert found is not None
    assert (found.line, found.exit_status, found.is_expected) == (
        "unexpected ValueError in step step",
        2,
        False,
    )
    assert tries == 1
    everything = caplog.text + "".join(str(event) for event in result.all_events)
    assert "Synthetic Person" not in everything
    assert "0101011234" not in everything


def test_a_run_that_went_well_has_no_failure() -> None:
    assert first_failure(run_step(None)[0]) is None


def test_a_traceback_names_code_and_no_values() -> None:
    try:
        duckdb.execute("select cast('Synthetic Person 010101-1234' as integer)").fetchall()
    except duckdb.Error as error:
        text = without_values(error)
    assert "test_failures.py" in text
    assert "ConversionException" in text
    assert "Synthetic" not in text.splitlines()[-1]
    assert "1234" not in text.splitlines()[-1]
