"""Notices, on a receiver of the test's own: who is told what, how often, and what never gets into one."""

import json
import logging
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from orchestration import cli, notices
from orchestration import instance as instances
from orchestration.errors import GateRefused
from orchestration.failures import told
from orchestration.notices import Notice
from orchestration.sensors import run_sensors
from orchestration.settings import Settings, load_settings

Kobling = Callable[..., int]

SECRET = "a-token-of-the-tests"


class Receiver:
    """Keeps what is posted; answers with the statuses it is given, then 200."""

    def __init__(self) -> None:
        self.posted: list[dict[str, Any]] = []
        self.answers: list[int] = []
        self.tries = 0
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.tries += 1
                status = receiver.answers.pop(0) if receiver.answers else 200
                if status == 200:
                    receiver.posted.append(json.loads(body))
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_GET = do_POST  # noqa: N815

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/{SECRET}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    @property
    def titles(self) -> list[str]:
        return [text(card)[0].removeprefix("Kobling: ") for card in self.posted]


def text(card: dict[str, Any]) -> list[str]:
    """The lines of a card, as Teams shows them."""
    [attachment] = card["attachments"]
    return [block["text"] for block in attachment["content"]["body"]]


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    found = Receiver()
    monkeypatch.setenv("KOBLING_WEBHOOK_URL", found.url)
    monkeypatch.setattr(notices, "BACKOFF_SECONDS", 0.01)
    yield found
    found.close()


@pytest.fixture
def settings(receiver: Receiver, settings: Settings) -> Settings:
    """With the receiver's address."""
    return load_settings()


@pytest.fixture
def kobling(monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Runs the command in this process: its exit status."""

    def call(*arguments: str) -> int:
        monkeypatch.setattr("sys.argv", ["kobling", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return int(str(ended.value.code or 0))

    return call


def run(settings: Settings, error: Exception | None, run_id: str | None = None, **tags: str) -> str:
    """A run of a job of one step, finished; its id."""

    @dg.op
    def step(context: dg.OpExecutionContext) -> None:
        with told(context.log):
            if error:
                raise error

    @dg.job(name="kobling")
    def job() -> None:
        step()

    with instances.open_instance(settings) as instance:
        finished = job.execute_in_process(instance=instance, raise_on_error=False, tags=tags, run_id=run_id)
        return finished.run_id


def notices_of(settings: Settings, run_id: str) -> list[Notice]:
    with instances.open_instance(settings) as instance:
        return notices.of_runs(settings, instance, [run_id])


def test_a_failed_run_and_a_refused_delivery_are_told_and_the_delivery_once(
    settings: Settings, receiver: Receiver, kobling: Kobling, land: Callable[..., Path]
) -> None:
    land("ledger", "2022-01-31", "postings_2022-01.csv", "not;what;was;agreed\n1;2;3;4\n")
    assert kobling("run") == 2
    assert receiver.titles == ["a run failed", "a delivery was refused"]
    failed, refused = (text(card) for card in receiver.posted)
    assert "no delivery is loaded" in failed[1]
    assert refused[1].startswith("ledger 2022-01-31: refused: postings_2022-01.csv")
    [log] = settings.logs_path.glob("run-*.log")
    assert f"$KOBLING_HOME/logs/{log.name}" in failed[-1]
    assert "docs/operations.md" in failed[-1]
    assert kobling("run") == 2
    assert receiver.titles == ["a run failed", "a delivery was refused", "a run failed"]


def test_a_run_id_whose_digits_look_like_a_cpr_number_is_told_as_it_is(settings: Settings) -> None:
    run_id = "1bd78f7a-8b75-4ce9-9aa7-1210835808c6"
    run(settings, GateRefused("nothing of 010203-9999"), run_id=run_id)  # synthetic
    [notice] = notices_of(settings, run_id)
    assert notice.lines[0] == "nothing of [CPR]"
    assert f"$KOBLING_HOME/logs/run-{run_id}.log" in notice.lines[-1]


def test_a_run_that_cannot_begin_is_told(
    settings: Settings, receiver: Receiver, kobling: Kobling, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KOBLING_PSEUDONYM_KEY")
    assert kobling("run") == 2
    assert receiver.titles == ["a run failed"]
    assert text(receiver.posted[0])[1].startswith("KOBLING_PSEUDONYM_KEY is not set")


def test_an_address_that_nobody_answers_at_fails_no_run_and_stands_nowhere(
    settings: Settings, receiver: Receiver, kobling: Kobling, capsys: pytest.CaptureFixture[str]
) -> None:
    receiver.close()
    assert kobling("run") == 2
    printed = capsys.readouterr()
    assert printed.err.count("\n") == 1
    assert "no delivery is loaded" in printed.err
    [log] = settings.logs_path.glob("run-*.log")
    assert "the webhook did not take a notice: ConnectionError" in log.read_text()
    kept = [path for path in settings.home_path.rglob("*") if path.is_file()]
    assert kept
    assert [path.name for path in kept if SECRET.encode() in path.read_bytes()] == []


def test_a_receiver_that_is_busy_is_asked_again(
    settings: Settings, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    receiver.answers = [503, 429]
    with caplog.at_level(logging.DEBUG):
        notices.tell(settings, [Notice("x")])
    assert (receiver.tries, receiver.titles) == (3, ["x"])
    assert SECRET not in caplog.text


@pytest.mark.parametrize(("answers", "tries"), [([404], 1), ([302], 1), ([500] * 9, notices.TRIES)])
def test_a_receiver_that_does_not_want_it_is_a_line_in_the_log(
    settings: Settings, receiver: Receiver, caplog: pytest.LogCaptureFixture, answers: list[int], tries: int
) -> None:
    receiver.answers = list(answers)
    notices.tell(settings, [Notice("x")])
    assert (receiver.tries, receiver.posted) == (tries, [])
    assert f"it answered {answers[0]}" in caplog.text
    assert SECRET not in caplog.text


@pytest.mark.parametrize("url", ["no address", "https://", "ftp://host/x", "http://host:port/x"])
def test_a_wrong_address_is_a_line_in_the_log(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, url: str
) -> None:
    monkeypatch.setenv("KOBLING_WEBHOOK_URL", url)
    notices.tell(load_settings(), [Notice("x")])
    assert "the webhook did not take a notice" in caplog.text


def test_without_an_address_nobody_is_told(
    settings: Settings, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KOBLING_WEBHOOK_URL")
    notices.tell(load_settings(), [Notice("x")])
    assert receiver.tries == 0


def test_slack_and_its_likes_take_text(
    settings: Settings, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KOBLING_WEBHOOK_FORMAT", "slack")
    notices.tell(load_settings(), [Notice("a run failed", ("a < b & c",))])
    assert receiver.posted == [{"text": "*Kobling: a run failed*\na &lt; b &amp; c"}]


def test_refused_failed_and_well_again(settings: Settings) -> None:
    titles = [
        [notice.title for notice in notices_of(settings, run(settings, error))]
        for error in (None, GateRefused("unique on marts.x: 3 rows"), ValueError("x"), None, None)
    ]
    assert titles == [
        [],
        ["the gate refused a build"],
        ["a run failed"],
        ["well again: a run after a failed one published"],
        [],
    ]


def test_a_run_that_was_killed_is_told(settings: Settings) -> None:
    @dg.job(name="kobling")
    def job() -> None:
        pass

    with instances.open_instance(settings) as instance:
        dead = instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED)
        instance.report_run_failed(dead, instances.DIED)
        [notice] = notices.of_runs(settings, instance, [dead.run_id])
    assert (notice.title, notice.lines[0]) == ("a run failed", "the run did not start")


def test_what_may_be_a_person_a_password_or_a_folder_is_taken_out(settings: Settings) -> None:
    line = (
        f"{settings.landing_path}/x {settings.home_path}/y 010101-1234 at postgresql://u:word@h/d (synthetic)"
    )
    [notice] = notices_of(settings, run(settings, GateRefused(line)))
    assert notice.lines[0] == "$KOBLING_LANDING/x $KOBLING_HOME/y [CPR] at [address] (synthetic)"
    [notice] = notices_of(settings, run(settings, ValueError("Synthetic Person")))
    assert notice.lines[0] == "unexpected ValueError in step step"


@pytest.mark.parametrize(("sensor", "status"), [(0, "FAILURE"), (1, "SUCCESS")])
@pytest.mark.parametrize("by_command", [True, False])
def test_dagsters_own_runs_are_told_by_sensors_and_the_commands_are_not_told_twice(
    settings: Settings, receiver: Receiver, sensor: int, status: str, by_command: bool
) -> None:
    run(settings, None if status == "FAILURE" else ValueError("x"))
    run_id = run(
        settings,
        ValueError("x") if status == "FAILURE" else None,
        **({instances.COMMAND_TAG: "run"} if by_command else {}),
    )
    assert run_sensors[sensor].default_status == dg.DefaultSensorStatus.RUNNING
    with instances.open_instance(settings) as instance:
        found = instance.get_run_by_id(run_id)
        assert found is not None
        [event] = [
            entry.dagster_event
            for entry in instance.all_logs(run_id)
            if entry.dagster_event and entry.dagster_event.event_type.name == f"RUN_{status}"
        ]
        context = dg.build_run_status_sensor_context(run_sensors[sensor].name, event, instance, found)
        run_sensors[sensor](context)
    title = {"FAILURE": "a run failed", "SUCCESS": "well again: a run after a failed one published"}[status]
    assert receiver.titles == ([] if by_command else [title])


def test_notices_that_cannot_be_found_out_fail_nothing(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    assert notices_of(settings, "no-such-run") == []
    assert "no notice" in caplog.text
