"""Several municipalities on one instance of Dagster: the shipped configuration is read by Dagster's own programs.

The programs are started as the shipped services start them, on folders and a PostgreSQL server of the tests' own.
"""

import configparser
import json
import os
import re
import secrets
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import psycopg
import pytest
import requests
import yaml
from filelock import FileLock

from orchestration.ingest.registry import write_record
from orchestration.instance import MUNICIPALITY_TAG
from orchestration.jobs import JOB
from orchestration.publish import list_publications, verify
from orchestration.resources import LOCK
from orchestration.settings import PROJECT_ROOT, Settings
from orchestration.synth import write
from tests.orchestration.conftest import delivery, file_record
from tests.publish import postgres_server

SHIPPED = PROJECT_ROOT / "orchestration" / "deployment"
NAMES = ("aarhus", "odense")
PASSWORD = f"synthetic-{secrets.token_hex(8)}"
WAIT_SECONDS = 600

pytestmark = pytest.mark.skipif(
    postgres_server.binaries() is None, reason="PostgreSQL's server programs are not installed"
)


@dataclass(frozen=True)
class Machine:
    """Where the services of a machine find their files."""

    folder: Path
    dsn: str

    @property
    def url(self) -> str:
        """As the shipped files begin it."""
        return self.dsn.replace("postgresql:", "postgresql+psycopg2:")

    @property
    def dagster_home(self) -> Path:
        return self.folder / "etc" / "dagster"

    def place(self, text: str, name: str = "") -> str:
        """What is shipped, with this machine's places."""
        for there, here in (
            ("/opt/kobling/.venv/bin", str(Path(sys.executable).parent)),
            ("/opt/kobling", str(PROJECT_ROOT)),
            ("/etc/kobling", str(self.folder / "etc")),
            ("/srv/kobling", str(self.folder / "srv")),
            ("/run/kobling", str(self.folder / "run")),
            ("postgresql+psycopg2:///kobling_dagster?host=/var/run/postgresql", self.url),
            ("%i", name),
            ("NAME", name),
        ):
            text = text.replace(there, here)
        return text

    def environment(self, file: str, name: str = "") -> dict[str, str]:
        """The variables of a shipped environment file."""
        lines = self.place((SHIPPED / file).read_text(encoding="utf-8"), name).splitlines()
        found = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
        if "KOBLING_PSEUDONYM_KEY" in found:
            found["KOBLING_PSEUDONYM_KEY"] = key_of(name)
        return found

    def settings(self, name: str) -> Settings:
        found = self.environment("municipality.env", name)
        return Settings(home=found["KOBLING_HOME"], landing=found["KOBLING_LANDING"])


def key_of(name: str) -> str:
    return f"synthetic key of {name}, of the tests alone"


def service(file: str) -> dict[str, str]:
    """The settings of a shipped service."""
    parser = configparser.ConfigParser(strict=True, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string((SHIPPED / file).read_text(encoding="utf-8"))
    return dict(parser["Service"])


@pytest.fixture(scope="module")
def machine() -> Iterator[Machine]:
    """Folders as docs/deployment.md makes them, and a database; a socket's path may not be long, so not pytest's."""
    with tempfile.TemporaryDirectory(prefix="kobling-") as folder, postgres_server.running() as server:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"create role \"kobling-dagster\" login password '{PASSWORD}'")
            connection.execute('create database kobling_dagster owner "kobling-dagster"')
            port = connection.info.port
        dsn = f"postgresql://kobling-dagster:{PASSWORD}@127.0.0.1:{port}/kobling_dagster"
        machine = Machine(Path(folder), dsn)
        machine.dagster_home.mkdir(parents=True)
        for file in ("dagster.yaml", "workspace.yaml"):
            (machine.dagster_home / file).write_text(
                machine.place((SHIPPED / file).read_text(encoding="utf-8"))
            )
        for name in NAMES:
            (machine.folder / "run" / name).mkdir(parents=True)
            (machine.folder / "srv" / name / "landing").mkdir(parents=True)
            # parsed by the set-up
            shutil.copytree(PROJECT_ROOT / "target", machine.folder / "srv" / name / "target", symlinks=True)
        yield machine


@contextmanager
def opened(machine: Machine) -> Iterator[dg.DagsterInstance]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DAGSTER_PG_URL", machine.url)
        with dg.DagsterInstance.from_config(str(machine.dagster_home)) as instance:
            yield instance


@pytest.fixture(scope="module")
def instance(machine: Machine) -> Iterator[dg.DagsterInstance]:
    """As Dagster's own loader reads it."""
    with opened(machine) as found:
        yield found


@contextmanager
def started(machine: Machine, file: str, name: str = "", *more: str) -> Iterator[Path]:
    """A shipped service as a process; its log."""
    found = service(file)
    variables = machine.environment(Path(found["EnvironmentFile"]).name.replace("%i", "municipality"), name)
    outside = {key: value for key, value in os.environ.items() if not key.startswith(("KOBLING_", "DAGSTER"))}
    log = machine.folder / f"{Path(file).stem}{name}.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [*shlex.split(machine.place(found["ExecStart"], name)), *more],
            cwd=machine.place(found["WorkingDirectory"], name),
            env={**outside, **variables, "PYTHONPATH": str(PROJECT_ROOT)},
            stdout=output,
            stderr=subprocess.STDOUT,
            umask=int(found["UMask"], 8),
        )
        try:
            yield log
        finally:
            process.terminate()
            try:
                process.wait(timeout=2)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def until(is_so: Callable[[], Any], what: str) -> Any:
    """What the question says once it says something."""
    waited = time.monotonic()
    while not (found := is_so()):
        assert time.monotonic() - waited < WAIT_SECONDS, what
        time.sleep(0.3)
    return found


# ---- the files


def test_storage_is_postgresql_and_the_password_is_not_in_the_file(
    machine: Machine, instance: dg.DagsterInstance
) -> None:
    storages = (instance.run_storage, instance.event_log_storage, instance.schedule_storage)
    assert [type(storage).__name__ for storage in storages] == [
        "PostgresRunStorage",
        "PostgresEventLogStorage",
        "PostgresScheduleStorage",
    ]
    assert instance.get_runs() == []
    # what Dagster's pages show, and what goes to the code servers with every run
    assert PASSWORD not in instance.info_str() + dg.serialize_value(instance.get_ref())


def test_the_queue_takes_one_run_of_a_municipality(instance: dg.DagsterInstance) -> None:
    config = instance.get_concurrency_config()
    queue = config.run_queue_config
    assert queue is not None
    assert list(queue.tag_concurrency_limits) == [
        {"key": MUNICIPALITY_TAG, "value": {"applyLimitPerUniqueValue": True}, "limit": 1}
    ]
    assert queue.max_concurrent_runs > 1
    # a pool has the same name everywhere
    assert config.pool_config.default_pool_limit is None
    assert isinstance(instance.run_launcher, dg.DefaultRunLauncher)
    assert instance.run_monitoring_enabled


def test_nobody_is_phoned_and_no_output_is_kept(instance: dg.DagsterInstance) -> None:
    assert not instance.telemetry_enabled
    assert type(instance.compute_log_manager).__name__ == "NoOpComputeLogManager"


def test_every_location_is_a_municipality_with_a_socket_of_its_own() -> None:
    locations = [
        entry["grpc_server"]
        for entry in yaml.safe_load((SHIPPED / "workspace.yaml").read_bytes())["load_from"]
    ]
    by_service = shlex.split(service("kobling-code@.service")["ExecStart"])
    for location in locations:
        assert location["socket"] == f"/run/kobling/{location['location_name']}/code.sock"
        assert location["socket"] in [part.replace("%i", location["location_name"]) for part in by_service]
    assert [location["location_name"] for location in locations] == list(NAMES)


def test_adding_them_as_the_document_says_makes_the_shipped_workspace(tmp_path: Path) -> None:
    text = (PROJECT_ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
    [program] = re.findall(r"<<'END'\n(.*?)\nEND\n", text, re.DOTALL)
    workspace = tmp_path / "workspace.yaml"
    [empty] = re.findall(r"echo '(.*)' > /etc/kobling/dagster/workspace.yaml", text)
    workspace.write_text(empty + "\n")
    program = program.replace("/etc/kobling/dagster/workspace.yaml", str(workspace))
    for name in NAMES:
        subprocess.run([sys.executable, "-c", program, name], check=True)
    assert yaml.safe_load(workspace.read_bytes()) == yaml.safe_load((SHIPPED / "workspace.yaml").read_bytes())


def test_the_document_names_every_file() -> None:
    text = (PROJECT_ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
    assert [path.name for path in SHIPPED.iterdir() if f"`{path.name}`" not in text] == []


def test_every_municipality_has_its_own_place_for_everything(machine: Machine) -> None:
    first, second = (machine.environment("municipality.env", name) for name in NAMES)
    assert {key for key in first if first[key] == second[key]} == {"DAGSTER_HOME", "DAGSTER_PG_URL"}
    assert not {key for key in machine.environment("dagster.env") if key.startswith("KOBLING_")}


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_systemd_takes_the_services(machine: Machine, tmp_path: Path) -> None:
    for path in SHIPPED.glob("*.service"):
        name = path.name.replace("@.", "@odense.")
        text = path.read_text(encoding="utf-8").replace(
            "/opt/kobling/.venv/bin", str(Path(sys.executable).parent)
        )
        (tmp_path / name).write_text(text)
        done = subprocess.run(
            ["systemd-analyze", "verify", "--man=no", tmp_path / name],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0 and name not in done.stderr, done.stderr


# ---- the services


@dataclass(frozen=True)
class Pages:
    """The web server, asked as a browser does."""

    address: str

    def ask(self, query: str, **variables: Any) -> Any:
        answer = requests.post(
            f"{self.address}/graphql", json={"query": query, "variables": variables}, timeout=WAIT_SECONDS
        ).json()
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    def locations(self) -> dict[str, str | None]:
        """The code locations, and what keeps one from loading."""
        found = self.ask(LOCATIONS)["workspaceOrError"]["locationEntries"]
        return {
            entry["name"]: (entry["locationOrLoadError"] or {}).get("message", "")[:200]
            if (entry["locationOrLoadError"] or {}).get("__typename") == "PythonError"
            else None
            for entry in found
        }

    def launch(self, name: str, *asset: str) -> str:
        """The main job, or of it one asset."""
        selector: dict[str, Any] = {
            "repositoryLocationName": name,
            "repositoryName": "__repository__",
            "jobName": JOB,
        }
        if asset:
            selector |= {"assetSelection": [{"path": [name, *asset]}], "assetCheckSelection": []}
        found = self.ask(LAUNCH, params={"selector": selector, "runConfigData": "{}", "mode": "default"})[
            "launchRun"
        ]
        assert found["__typename"] == "LaunchRunSuccess", found
        return str(found["run"]["runId"])


LOCATIONS = """{ workspaceOrError { ... on Workspace { locationEntries {
    name locationOrLoadError { __typename ... on PythonError { message } } } } } }"""
LAUNCH = """mutation ($params: ExecutionParams!) { launchRun(executionParams: $params) {
    __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }"""
ASSETS = """{ repositoriesOrError { ... on RepositoryConnection { nodes { location { name }
    assetNodes { assetKey { path } } schedules { name } sensors { name } } } } }"""
DRY_RUN = """mutation ($selector: SensorSelector!) { sensorDryRun(selectorData: $selector, cursor: null) {
    ... on DryRunInstigationTick { evaluationResult { cursor error { message } } } } }"""


@pytest.fixture(scope="module")
def pages(machine: Machine, instance: dg.DagsterInstance) -> Iterator[Pages]:
    """Both code servers, the daemon and the web server."""
    port = str(postgres_server._free_port())
    with ExitStack() as stack:
        logs = [stack.enter_context(started(machine, "kobling-code@.service", name)) for name in NAMES]
        for name in NAMES:
            socket = machine.folder / "run" / name / "code.sock"
            until(socket.exists, f"no code server: {[log.read_text()[-2000:] for log in logs]}")
        stack.enter_context(started(machine, "kobling-daemon.service"))
        log = stack.enter_context(started(machine, "kobling-webserver.service", "", "--port", port))
        found = Pages(f"http://127.0.0.1:{port}")

        def answers() -> bool:
            try:
                return found.locations() == dict.fromkeys(NAMES)
            except requests.ConnectionError:
                return False

        try:
            until(answers, "the code locations do not load")
        except (AssertionError, KeyError) as error:
            raise AssertionError(f"{log.read_text()[-3000:]}") from error
        yield found


def test_nothing_of_two_municipalities_has_the_same_name(pages: Pages) -> None:
    nodes = pages.ask(ASSETS)["repositoriesOrError"]["nodes"]
    assert sorted(node["location"]["name"] for node in nodes) == list(NAMES)
    for node in nodes:
        assert {asset["assetKey"]["path"][0] for asset in node["assetNodes"]} == {node["location"]["name"]}
        assert [schedule["name"] for schedule in node["schedules"]] == ["daily"]


def test_each_location_looks_into_its_own_home(machine: Machine, pages: Pages) -> None:
    """One had a delivery of the case system once, the other of the ledger: that is what each one misses since."""
    came = {"aarhus": ("bos", "course_payment"), "odense": ("ledger", "posting")}
    for name, (source, entity) in came.items():
        files = [file_record(entity=entity)]
        write_record(machine.settings(name).lake_path, delivery("2022-01-31", source=source, files=files))
    try:
        for name, (source, _) in came.items():
            selector = {
                "repositoryLocationName": name,
                "repositoryName": "__repository__",
                "sensorName": "overdue_deliveries",
            }
            result = pages.ask(DRY_RUN, selector=selector)["sensorDryRun"]["evaluationResult"]
            assert result["error"] is None
            assert {late.split(":")[0] for late in json.loads(result["cursor"])} == {source}
    finally:
        for name in NAMES:
            shutil.rmtree(machine.settings(name).lake_path)


def status(instance: dg.DagsterInstance, run_id: str) -> dg.DagsterRunStatus:
    found = instance.get_run_by_id(run_id)
    assert found is not None
    return found.status


def is_finished(instance: dg.DagsterInstance, run_id: str) -> bool:
    found = instance.get_run_by_id(run_id)
    return found is not None and found.is_finished


@pytest.mark.slow
def test_a_municipality_runs_once_at_a_time_and_holds_back_no_other(
    machine: Machine, instance: dg.DagsterInstance, pages: Pages
) -> None:
    """Runs of the cheapest step, by the daemon's queue; the first one waits for its home as long as another has it."""
    step = ("publication", "postgres")
    odense = machine.settings("odense")
    odense.home_path.mkdir(parents=True, exist_ok=True)
    with FileLock(odense.home_path / LOCK):
        first = pages.launch("odense", *step)
        until(lambda: status(instance, first) == dg.DagsterRunStatus.STARTED, "the first run does not start")
        second = pages.launch("odense", *step)
        other = pages.launch("aarhus", *step)
        until(lambda: is_finished(instance, other), "the other municipality's run does not end")
        assert [status(instance, run) for run in (first, second)] == [
            dg.DagsterRunStatus.STARTED,
            dg.DagsterRunStatus.QUEUED,
        ]
    for run in (first, second):
        until(lambda run=run: is_finished(instance, run), "a run does not end")  # type: ignore[misc]
    for name, runs in {"odense": {first, second}, "aarhus": {other}}.items():
        logs = machine.settings(name).logs_path.glob("run-*.log")
        assert {log.stem.removeprefix("run-") for log in logs} == runs
    assert {status(instance, run) for run in (first, second, other)} == {dg.DagsterRunStatus.SUCCESS}


@pytest.mark.slow
def test_no_secret_is_in_the_storage_that_all_can_read(
    machine: Machine, instance: dg.DagsterInstance
) -> None:
    """After the runs of the test before: neither the database's password nor a municipality's key."""
    with psycopg.connect(machine.dsn) as connection:
        tables = [
            name
            for (name,) in connection.execute(
                "select table_name from information_schema.tables where table_schema = 'public'"
            )
        ]
        assert {"runs", "event_logs", "job_ticks"} <= set(tables)
        for table in tables:
            for row in connection.execute(f'select t::text from "{table}" t'):
                for secret in (PASSWORD, *(key_of(name) for name in NAMES)):
                    assert secret not in row[0], table
    for path in machine.dagster_home.rglob("*"):
        content = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
        for secret in (PASSWORD, *(key_of(name) for name in NAMES)):
            assert secret not in content, path.name


@pytest.mark.torture
@pytest.mark.slow
def test_two_municipalities_publish_side_by_side(
    torture: bool, machine: Machine, instance: dg.DagsterInstance, pages: Pages
) -> None:
    if not torture:
        pytest.skip("two whole runs (make torture)")
    for seed, name in enumerate(NAMES, start=1):
        write(machine.folder / name, 30, 3, seed)
        shutil.copytree(
            machine.folder / name / "landing", machine.settings(name).landing_path, dirs_exist_ok=True
        )
    runs = {name: pages.launch(name) for name in NAMES}
    for run in runs.values():
        until(lambda run=run: is_finished(instance, run), "a run does not end")  # type: ignore[misc]
    for name, run in runs.items():
        assert status(instance, run) == dg.DagsterRunStatus.SUCCESS
        [published] = list_publications(machine.settings(name))
        assert published.manifest.run_id == run
        assert verify(machine.settings(name), None) == []
        made = instance.get_latest_materialization_event(dg.AssetKey([name, "publication"]))
        assert made is not None
        assert made.run_id == run
