"""`kobling doctor`: what is well, what is damaged on purpose, and that no line holds a secret."""

import os
import shutil
import socket
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr

from orchestration import cli, doctor, synth
from orchestration.doctor import Finding, examine
from orchestration.ingest import ingest, load_deliveries
from orchestration.settings import Settings


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home with one month's made-up deliveries in the lake."""
    home = tmp_path_factory.mktemp("doctor") / "home"
    synth.write(home, children=5, months=1, seed=1)
    # what the shell says is taken away for each test, which is later than this
    settings = Settings(
        home=home,
        landing=home / "landing",
        profiles=None,
        pseudonym_key=SecretStr("synthetic-key-of-the-tests"),
        pg_dsn=None,
        webhook_url=None,
    )
    assert ingest(settings).refused == []
    return settings


def found(settings: Settings, name: str) -> list[Finding]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(doctor, "CHECKS", {name: doctor.CHECKS[name]})
        return list(examine(settings))


def levels(settings: Settings, name: str) -> list[str]:
    return [finding.level for finding in found(settings, name)]


def closed_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest.mark.parametrize("name", ["python", "packages", "key", "folders", "space", "landing", "dbt", "lake"])
def test_a_good_home_is_well(loaded: Settings, name: str) -> None:
    if name == "folders":
        for path in (loaded.home_path, *loaded.home_path.iterdir()):
            path.chmod(0o750)
    assert levels(loaded, name) == ["ok"], found(loaded, name)


def test_before_the_first_run_it_warns(settings: Settings) -> None:
    assert {
        name: levels(settings, name) for name in ("folders", "landing", "current", "dagster", "webhook")
    } == {
        "folders": ["warn"],
        "landing": ["warn"],
        "current": ["warn"],
        "dagster": ["warn"],
        "webhook": ["warn"],
    }
    assert not settings.home_path.exists()


def test_the_key_is_missing_or_another_one(loaded: Settings) -> None:
    for key in (None, "short", "another-key-of-the-tests"):
        [finding] = found(loaded.model_copy(update={"pseudonym_key": key and SecretStr(key)}), "key")
        assert finding.level == "fail"
        assert "KOBLING_PSEUDONYM_KEY" in finding.text


def test_a_file_of_the_lake_is_damaged_lost_or_strange(loaded: Settings) -> None:
    file = next(loaded.lake_path.glob("posting/*/*.parquet"))
    content = file.read_bytes()
    middle = len(content) // 2
    try:
        for damaged in (content[:middle], content[:middle] + bytes(64) + content[middle + 64 :], None):
            file.unlink()
            if damaged is not None:
                file.write_bytes(damaged)
            findings = found(loaded, "lake")
            assert [finding.level for finding in findings] == ["fail"]
            assert str(file.relative_to(loaded.lake_path)) in findings[0].text
    finally:
        file.write_bytes(content)
    stray = file.with_name("stray.parquet")
    stray.write_bytes(content)
    assert levels(loaded, "lake") == ["warn", "ok"]
    stray.unlink()


def test_landing_was_changed_after_it_was_loaded(loaded: Settings) -> None:
    record = next(delivery for delivery in load_deliveries(loaded.lake_path) if delivery.source == "ledger")
    file = loaded.landing_path / "ledger" / str(record.extract_date) / record.files[0].name
    content = file.read_bytes()
    file.write_bytes(content + b"\n")
    assert levels(loaded, "lake") == ["warn", "ok"]
    file.write_bytes(content)
    assert levels(loaded, "lake") == ["ok"]


def test_folders_that_are_open_or_closed_to_the_wrong_ones(
    loaded: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded.lake_path.chmod(0o755)
    [finding] = found(loaded, "folders")
    assert (finding.level, "lake" in finding.text) == ("warn", True)
    loaded.lake_path.chmod(0o750)
    # root may write everywhere
    monkeypatch.setattr(os, "access", lambda path, _: Path(path).name != "lake")
    [finding] = found(loaded, "folders")
    assert (finding.level, "lake" in finding.text) == ("fail", True)


def test_a_disk_that_is_nearly_full(loaded: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded.warehouse_path.parent.mkdir(mode=0o750, exist_ok=True)
    loaded.warehouse_path.write_bytes(bytes(1000))
    usage = shutil.disk_usage("/")._replace(free=2000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    assert levels(loaded, "space") == ["fail"]
    loaded.warehouse_path.unlink()


def test_other_versions_than_were_tested(
    loaded: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    lock = tmp_path / "requirements.lock"
    lock.write_text("duckdb==0.0.1\nno-such-package==1.0\n")
    monkeypatch.setattr(doctor, "LOCK_FILE", lock)
    [finding] = found(loaded, "packages")
    assert finding.level == "warn"
    assert "duckdb, no-such-package" in finding.text


def test_the_deliveries_of_long_ago_are_overdue(loaded: Settings) -> None:
    assert set(levels(loaded, "deliveries")) == {"warn"}


def test_no_line_shows_a_secret(loaded: Settings) -> None:
    port = closed_port()
    secrets = ["word-of-the-tests", "token-of-the-tests", "synthetic-key-of-the-tests"]
    settings = loaded.model_copy(
        update={
            "pg_dsn": SecretStr(f"postgresql://user:{secrets[0]}@127.0.0.1:{port}/db"),
            "webhook_url": SecretStr(f"http://127.0.0.1:{port}/{secrets[1]}"),
        }
    )
    wrong = settings.model_copy(
        update={"pg_dsn": SecretStr(f"postgres {secrets[0]}"), "webhook_url": SecretStr(secrets[1])}
    )
    for given in (settings, wrong):
        assert (levels(given, "postgres"), levels(given, "webhook")) == (["fail"], ["warn"])
    lines = [str(finding) for given in (settings, wrong) for finding in examine(given)]
    assert len(lines) >= 2 * len(doctor.CHECKS)
    assert [line for line in lines if any(secret in line for secret in secrets)] == []


def test_what_cannot_be_looked_at_fails_and_the_rest_goes_on(
    loaded: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    person = "Synthetic Person"

    def fail(_: Settings) -> doctor.Found:
        raise ValueError(person)
        yield "ok", "never"

    monkeypatch.setenv("KOBLING_HOME", str(loaded.home_path))
    monkeypatch.setattr(sys, "argv", ["kobling", "doctor"])
    for checks, status in (({"x": fail}, 2), ({}, 0)):
        monkeypatch.setattr(doctor, "CHECKS", {**checks, "python": doctor.CHECKS["python"]})
        with pytest.raises(SystemExit) as ended:
            cli.main()
        assert ended.value.code == status
    printed = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in printed] == [["fail", "x"], ["ok", "python"], ["ok", "python"]]
    assert person not in printed[0]
