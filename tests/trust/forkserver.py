"""A process that has imported everything and parsed dbt once, and forks a child for each attempt at a part of the job.

Belongs here: running steps of the real Dagster job, and killing them. A start of `kobling run` costs more than most
steps do; a child of this process begins with the step. Does not: what is expected afterwards (test_crash).

Started as a process of its own, because a fork of a process with threads is none that could happen. It reads one
attempt a line as JSON, and answers with a line.
"""

import contextlib
import importlib
import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time
import traceback
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

CHANGES = {
    "open",
    "os.chmod",
    "os.link",
    "os.mkdir",
    "os.remove",
    "os.rename",
    "os.rmdir",
    "os.symlink",
    "os.truncate",
    "sqlite3.connect",
}
"""What Python tells an audit hook of when files change. DuckDB's own writing it does not see: time does."""


UNEXPECTED = -1
PRINTED = "printed.txt"
"""In the home: what the child says on stderr."""


@dataclass(frozen=True)
class Attempt:
    """What to run in a home, and when to kill it.

    Before the n-th change of a file, when a file would grow beyond so many bytes, or after so many seconds.
    """

    environment: dict[str, str]
    job: str
    """A step's name, or the whole job's."""
    kill_before: int | None = None
    kill_at_size: int | None = None
    kill_after: float | None = None
    as_of: str | None = None


@dataclass(frozen=True)
class Answer:
    """What became of an attempt. `changes`: how often files changed; `line`: why it failed, `None` where it did not."""

    is_killed: bool
    seconds: float
    processor: float
    """Seconds of processor time."""
    changes: int = 0
    line: str | None = None
    exit_status: int = 0
    printed: str = ""


@dataclass
class ForkServer:
    """The other end, in the test: `with ForkServer() as server: server.run(attempt)`.

    Great Expectations takes seconds to import: `with_gates` says whether a gate will be run.
    """

    with_gates: bool = False
    _process: "subprocess.Popen[str] | None" = field(default=None, repr=False)

    def __enter__(self) -> "ForkServer":
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.trust.forkserver", *(["gates"] if self.with_gates else [])],
            cwd=Path(__file__).parents[2],
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._answer() == "ready"
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process is not None and self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(60)

    def start(self, attempt: Attempt) -> None:
        """Begins an attempt; `finish` has its answer."""
        assert self._process is not None and self._process.stdin is not None
        print(json.dumps(asdict(attempt)), file=self._process.stdin, flush=True)

    def finish(self) -> Answer:
        return Answer(**json.loads(self._answer()))

    def run(self, attempt: Attempt) -> Answer:
        self.start(attempt)
        return self.finish()

    def _answer(self) -> str:
        assert self._process is not None and self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the fork server died"
        return line.strip()


def serve() -> None:
    """Answers attempts until the other end closes."""
    # what a library prints is not an answer
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    jobs = _prepare(with_gates="gates" in sys.argv)
    _be_alone()
    print("ready", file=answers, flush=True)
    for line in sys.stdin:
        print(json.dumps(asdict(_attempt(jobs, Attempt(**json.loads(line))))), file=answers, flush=True)


def _be_alone() -> None:
    """Waits until threads that have ended are gone; an allocator's own is none that a child would miss."""
    while True:
        names = [(task / "comm").read_text().strip() for task in Path("/proc/self/task").iterdir()]
        if len([name for name in names if not name.startswith("jemalloc")]) == 1:
            return
        time.sleep(0.02)


def _prepare(*, with_gates: bool) -> dict[str, Any]:
    """The whole job, and one of each step, by name; everything that a step would import is imported."""
    import dagster as dg

    import orchestration.publish
    import orchestration.publish.postgres  # noqa: F401
    from orchestration import dbt
    from orchestration.definitions import build_definitions
    from orchestration.ingest import profiles
    from orchestration.jobs import JOB

    if with_gates:
        _import(
            [
                "great_expectations",
                "expectations.lake",
                "expectations.marts",
                "orchestration.validation.dialect",
            ]
        )
    definitions = build_definitions()
    dbt.compiled()
    # its threads
    profiles._duckdb().close()
    profiles._duckdb.cache_clear()
    return {
        step.node_def.name: _job(definitions, [step])
        for step in definitions.assets or []
        if isinstance(step, dg.AssetsDefinition)
    } | {JOB: definitions.resolve_job_def(JOB)}


def _job(definitions: Any, steps: list[Any]) -> Any:
    """The same steps without the others: Dagster does not cut some out of a job whose checks lie across it."""
    import dagster as dg

    whole = dg.AssetSelection.all() | dg.AssetSelection.all_asset_checks()
    part = dg.define_asset_job("part", selection=whole, executor_def=dg.in_process_executor)
    return dg.Definitions(
        assets=steps, jobs=[part], resources=definitions.resources, loggers=definitions.loggers
    ).resolve_job_def("part")


def _attempt(jobs: dict[str, Any], attempt: Attempt) -> Answer:
    """Runs the steps in a child, and kills it when it is time."""
    reading, writing = os.pipe()
    began = time.monotonic()
    child = os.fork()
    if not child:
        os.close(reading)
        try:
            said = _run(jobs[attempt.job], attempt)
        except BaseException as error:
            said = _said_of(error)
        with os.fdopen(writing, "w") as answer:
            json.dump(said, answer)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as answer:
        if attempt.kill_after is not None:
            killer = threading.Timer(attempt.kill_after, _kill, [child])
            killer.start()
        said = json.loads(answer.read() or "{}")
        _, status, used = os.wait4(child, 0)
        if attempt.kill_after is not None:
            killer.cancel()
            killer.join()
    seconds, processor = time.monotonic() - began, used.ru_utime + used.ru_stime
    _import(said.pop("imported", []))
    _be_alone()
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) in (signal.SIGKILL, signal.SIGXFSZ), status
        return Answer(is_killed=True, seconds=seconds, processor=processor)
    return Answer(is_killed=False, seconds=seconds, processor=processor, **said)


def _import(modules: list[str]) -> None:
    """What a child had to import, so that the next one need not."""
    for module in modules:
        # some are there only inside of another one's import
        with contextlib.suppress(Exception):
            importlib.import_module(module)


def _said_of(error: BaseException) -> dict[str, Any]:
    """What the command line says of it; of what it does not expect, a test wants to know more."""
    from orchestration.errors import KoblingError
    from orchestration.failures import system_line

    if isinstance(error, KoblingError):
        return {"line": str(error), "exit_status": error.exit_status}
    line = system_line(error)
    if line:
        return {"line": line, "exit_status": 2}
    return {"line": "".join(traceback.format_exception(error)), "exit_status": UNEXPECTED}


def _kill(child: int) -> None:
    # not waited for yet, so the id is still its own
    os.kill(child, signal.SIGKILL)


def _run(job: Any, attempt: Attempt) -> dict[str, Any]:
    """What `execution.run_job` does."""
    from orchestration import instance as instances
    from orchestration.failures import first_failure
    from orchestration.jobs import JOB, LOGGED, as_of_config
    from orchestration.resources import WAIT_SECONDS, only_writer
    from orchestration.settings import load_settings
    from orchestration.warehouse import parse_as_of

    known = set(sys.modules)
    for name in [name for name in os.environ if name.startswith("KOBLING_")]:
        del os.environ[name]
    os.environ.update(attempt.environment)
    os.umask(0o027)
    settings = load_settings()
    printed = (settings.home_path / PRINTED).open("w")
    os.dup2(printed.fileno(), 2)
    if attempt.kill_at_size:
        # the system's own signal, as little to be caught as a kill: Python would make an exception of it
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_FSIZE, (attempt.kill_at_size, attempt.kill_at_size))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    changes = _Changes(str(settings.home_path), attempt.kill_before)
    sys.addaudithook(changes)
    with (
        only_writer(settings, WAIT_SECONDS),
        instances.open_instance(settings) as instance,
    ):
        instances.end_dead_runs(instance)
        config = as_of_config(parse_as_of(attempt.as_of)) if attempt.job in ("control", JOB) else {}
        result = job.execute_in_process(
            instance=instance,
            run_config={**config, **LOGGED},
            tags=instances.process_tag(),
            raise_on_error=False,
        )
    failure = first_failure(result)
    return {
        "changes": changes.count,
        "line": failure.line if failure else None,
        "exit_status": failure.exit_status if failure else 0,
        "printed": Path(printed.name).read_text(),
        "imported": sorted(set(sys.modules) - known),
    }


class _Changes:
    """Counts changes of files below a folder, and kills this process before the n-th."""

    def __init__(self, folder: str, kill_before: int | None) -> None:
        self.folder, self.kill_before, self.count = folder, kill_before, 0

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event not in CHANGES or not self._is_change(event, arguments):
            return
        self.count += 1
        if self.count == self.kill_before:
            os.kill(os.getpid(), signal.SIGKILL)

    def _is_change(self, event: str, arguments: tuple[Any, ...]) -> bool:
        path = os.fsdecode(arguments[0]) if isinstance(arguments[0], (str, bytes, os.PathLike)) else ""
        if event == "open" and not arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            return False
        # shutil.rmtree names its files relative to an open folder
        return path.startswith(self.folder) or (
            event in ("os.remove", "os.rmdir") and not path.startswith("/")
        )


if __name__ == "__main__":
    serve()
