"""The command line: exit statuses, one line for every error, nothing else on the terminal."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestration import cli, execution
from orchestration.failures import Told
from orchestration.settings import PROJECT_ROOT, Settings

Kobling = Callable[..., tuple[int, str, str]]


@pytest.fixture
def kobling(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Kobling:
    """Runs the command in this process: exit status, stdout, stderr."""

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["kobling", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        captured = capsys.readouterr()
        return int(str(ended.value.code or 0)), captured.out, captured.err

    return call


def is_one_line(text: str) -> bool:
    return text.startswith("kobling: ") and text.count("\n") == 1


def test_without_a_key_nothing_is_done(
    kobling: Kobling, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KOBLING_PSEUDONYM_KEY")
    status, out, err = kobling("run")
    assert (status, out) == (2, "")
    assert is_one_line(err)
    assert "KOBLING_PSEUDONYM_KEY" in err
    assert not settings.home_path.exists()


def test_a_wrong_connection_string_is_said_before_anything_is_done(
    kobling: Kobling, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KOBLING_PG_DSN", "postgresql://kobling:top@geheim@db.example/kobling")
    status, out, err = kobling("run")
    assert (status, out) == (2, "")
    assert is_one_line(err)
    assert "KOBLING_PG_DSN" in err
    assert "geheim" not in err
    assert not settings.home_path.exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "--as-of", "2022-02-30"], "YYYY-MM-DD"),
        (["run", "--as-of", "1 January"], "YYYY-MM-DD"),
        (["run", "--until", "2022-01-31"], "--until"),
        (["run", "2022-01-31"], "2022-01-31"),
        (["bridge", "--from", "May"], "--from 'May'"),
        (["bridge", "--to", "2022-13-01"], "YYYY-MM-DD"),
        (["bridge"], "kobling run"),
        (["synth"], "--out"),
        (["synth", "--out", "x", "--children", "none"], "--children"),
        (["publish"], "publish"),
        (["verify", "2022-01-31_x"], "2022-01-31_x"),
        (["verify"], "nothing is published"),
    ],
)
def test_wrong_usage_is_one_line_and_status_2(
    kobling: Kobling, settings: Settings, arguments: list[str], said: str
) -> None:
    status, out, err = kobling(*arguments)
    assert (status, out) == (2, "")
    assert is_one_line(err)
    assert said in err


@pytest.mark.parametrize("target", ["oracle", "spark"])
def test_a_target_that_cannot_build_is_a_wrong_setting(
    kobling: Kobling, settings: Settings, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    monkeypatch.setenv("KOBLING_TARGET", target)
    for name, value in (("PATH", ""), ("JAVA_HOME", ""), ("SPARK_REMOTE", "")):
        monkeypatch.setenv(name, value)
    status, _, err = kobling("run")
    assert status == 2
    assert is_one_line(err)
    assert "KOBLING_TARGET" in err


@pytest.mark.parametrize("is_there", [False, True])
def test_an_empty_landing_folder_is_an_input_error(
    kobling: Kobling, settings: Settings, is_there: bool
) -> None:
    if is_there:
        settings.landing_path.mkdir(parents=True)
    status, out, err = kobling("run")
    assert (status, out) == (2, "")
    assert is_one_line(err)
    assert "no delivery is loaded" in err


def test_a_refused_delivery_is_a_warning_line(
    kobling: Kobling, settings: Settings, land: Callable[..., Path]
) -> None:
    land("ledger", "2022-01-31", "postings_2022-01.csv", "not;what;was;agreed\n1;2;3;4\n")
    status, out, err = kobling("run")
    assert (status, out) == (2, "")
    lines = err.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("kobling: warning: ledger 2022-01-31: refused: ")
    assert "no delivery is loaded" in lines[1]


def test_the_gates_word_is_status_1(
    kobling: Kobling, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    failure = Told("the gate refuses this build: unique on marts.fct_posting: 3 rows", 1, is_expected=True)
    monkeypatch.setattr(
        execution, "run_job", lambda *_, **__: execution.Outcome(log=Path("x.log"), failure=failure)
    )
    status, out, err = kobling("run")
    assert (status, out) == (1, "")
    assert err == f"kobling: {failure.line}\n"


def test_an_unexpected_error_is_a_short_line_and_a_log_without_values(
    kobling: Kobling, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = "row of 'Synthetic Person', 010101-1234"

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError(message)

    monkeypatch.setattr(execution, "run_job", fail)
    status, out, err = kobling("run")
    log = settings.logs_path / "kobling.log"
    assert (status, out) == (2, "")
    assert err == f"kobling: unexpected RuntimeError; {log} has the traceback\n"
    assert "test_cli.py" in log.read_text()
    assert "Synthetic" not in log.read_text()


def test_an_interrupted_run_says_so(
    kobling: Kobling, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(execution, "run_job", interrupt)
    status, _, err = kobling("run")
    assert status == cli.INTERRUPTED
    # click ends the line that the terminal's ^C stands on
    assert is_one_line(err.removeprefix("\n"))


def test_before_the_first_run_there_are_no_publications(kobling: Kobling, settings: Settings) -> None:
    status, out, err = kobling("publications")
    assert (status, out) == (0, "")
    assert is_one_line(err)


def test_help_answers_at_once() -> None:
    """No library that takes long is imported for it."""
    slow = ("dagster", "dbt", "duckdb", "great_expectations", "pandas", "pydantic")
    code = f"import sys, orchestration.cli; print([name for name in {slow} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT_ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


@pytest.mark.parametrize(
    ("arguments", "status", "out"), [(["--version"], 0, "kobling"), (["nothing"], 2, "")]
)
def test_the_process_ends_with_the_status_and_all_that_was_to_be_done(
    arguments: list[str], status: int, out: str
) -> None:
    code = """
import atexit
from orchestration import cli

def main(main=cli.main):
    atexit.register(print, "a library's last word")
    main()

cli.main = main
cli.command()
"""
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == status
    assert done.stdout.startswith(out)
    assert done.stdout.endswith("a library's last word\n")
    assert done.stderr.count("\n") == (status != 0)
