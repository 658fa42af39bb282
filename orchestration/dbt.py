"""dbt, run inside this process: its environment, its arguments, its manifest, and what an invocation found.

Belongs here: everything that knows how dbt is called. One process parses once and runs many times; the command
line of dbt would import and parse again for each. Does not: Dagster, and what is built when (assets, replay).
"""

import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import yaml
from filelock import FileLock

from orchestration.errors import ConfigurationError, GateRefused
from orchestration.settings import PROJECT_ROOT

if TYPE_CHECKING:
    from dbt.cli.main import dbtRunnerResult
    from dbt.contracts.graph.manifest import Manifest

TARGET = "duckdb"
"""The output of profiles.yml that the project is compiled for."""

DATABASE = "kobling.duckdb"
"""Name of every warehouse file, in whatever folder: dbt writes the catalog's name into each query."""

GAP_RULES = Path("models/intermediate/gap/rules")
PROJECT_PARTS = ("dbt_project.yml", "profiles.yml", "models", "macros", "seeds", "tests/dbt")
"""What dbt parses, relative to the project."""


@dataclass(frozen=True)
class NodeResult:
    """What became of one node of an invocation. `failures`: rows that a test found; `sql`: a model's query."""

    unique_id: str
    status: str
    failures: int
    seconds: float
    message: str
    sql: str = ""

    @property
    def kind(self) -> str:
        """`model`, `seed`, `test` or `unit_test`."""
        return self.unique_id.split(".")[0]

    @property
    def name(self) -> str:
        """The node's own name; a unit test's with its model's."""
        parts = self.unique_id.split(".")
        return ".".join(parts[2:]) if self.kind == "unit_test" else parts[2]


class DbtError(ConfigurationError):
    """dbt could not parse the project or build a model: the project or the environment is wrong, not the data."""


def environment(database: Path, root: Path = PROJECT_ROOT) -> dict[str, str]:
    """The environment variables of every dbt invocation.

    Args:
        database: the warehouse file; its name is `DATABASE`.
        root: the dbt project.
    """
    return {
        "KOBLING_WAREHOUSE": str(database),
        "KOBLING_GAP_RULES": ",".join(gap_rules(root)),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }


def gap_rules(root: Path = PROJECT_ROOT) -> list[str]:
    """Names of the rule models: one file a rule, in order of name."""
    return sorted(path.stem for path in (root / GAP_RULES).glob("*.sql"))


def arguments(
    command: str,
    *,
    target: str,
    logs: Path,
    root: Path = PROJECT_ROOT,
    artifacts: Path | None = None,
    select: Sequence[str] = (),
    exclude_types: Sequence[str] = (),
    extra: Sequence[str] = (),
) -> list[str]:
    """dbt's command line.

    Args:
        command: `parse`, `build`, `run`, `test`, …
        target: the output of profiles.yml.
        logs: folder of dbt's log file.
        root: the dbt project.
        artifacts: folder of run results and compiled SQL; `None` is the project's own `target/`.
        select: selection criteria; none is everything.
        exclude_types: resource types to leave out, such as `unit_test`.
        extra: further arguments as they are.
    """
    return [
        command,
        *("--project-dir", str(root), "--profiles-dir", str(root), "--target", target),
        *("--log-path", str(logs), "--log-level", "none", "--log-level-file", "info"),
        *(("--target-path", str(artifacts)) if artifacts else ()),
        *(("--select", *select) if select else ()),
        *(part for kind in exclude_types for part in ("--exclude-resource-type", kind)),
        *extra,
    ]


def is_fresh(manifest: Path, root: Path = PROJECT_ROOT) -> bool:
    """Whether the manifest is newer than everything it was parsed from, folders included (a file may be gone)."""
    if not manifest.is_file():
        return False
    parsed_at = manifest.stat().st_mtime_ns
    parts = (root / part for part in PROJECT_PARTS)
    paths = (path for part in parts for path in (part, *part.rglob("*")))
    return all(path.stat().st_mtime_ns < parsed_at for path in paths if path.exists())


def prepare(root: Path = PROJECT_ROOT) -> Path:
    """Parses and compiles the project where a file of it is newer, and loads its seeds; one process at a time.

    Returns:
        Path of dbt's `manifest.json`.

    Raises:
        DbtError: the project cannot be parsed, or a seed or a model is broken.
    """
    path = manifest_path(root)
    path.parent.mkdir(parents=True, exist_ok=True)
    with _parsing(root):
        if not (is_fresh(path, root) and compiled_path(root).is_file() and seeds_path(root).is_file()):
            parsed = _parse(TARGET, root)
            _prepare_seeds(parsed, root)
            compiled_path(root).write_text(json.dumps(_compile(parsed, root)), encoding="utf-8")
            # the last one, as the mark of the others; under its name when it is whole, for half of one would be
            # newer than the project, and taken for it
            unfinished = path.with_suffix(".tmp")
            parsed.writable_manifest().write(str(unfinished))
            unfinished.replace(path)
    return path


def target_path(root: Path = PROJECT_ROOT) -> Path:
    """Where `prepare` puts what it makes: in the project, or where dbt's own variable says.

    Accounts that share a checkout must not write what another one's builds are made from.
    """
    return Path(os.environ.get("DBT_TARGET_PATH") or root / "target")


def manifest_path(root: Path = PROJECT_ROOT) -> Path:
    """Where `prepare` puts the manifest."""
    return target_path(root) / "manifest.json"


def compiled_path(root: Path = PROJECT_ROOT) -> Path:
    """Where `prepare` puts the compiled SQL."""
    return target_path(root) / "compiled.json"


def seeds_path(root: Path = PROJECT_ROOT) -> Path:
    """The DuckDB file into which `prepare` loads the seeds."""
    return target_path(root) / "seeds" / DATABASE


def manifest(root: Path = PROJECT_ROOT) -> Mapping[str, Any]:
    """The prepared manifest as data."""
    return read_artifact(manifest_path(root))


def compiled(root: Path = PROJECT_ROOT) -> Mapping[str, str]:
    """The prepared SQL of all models and data tests, by unique id."""
    return read_artifact(compiled_path(root))


def read_artifact(path: Path) -> Mapping[str, Any]:
    """A file of dbt's as data, read once; not to be changed."""
    return _read_json(path, path.stat().st_mtime_ns)


@cache
def _read_json(path: Path, _modified: int) -> Mapping[str, Any]:
    return json.loads(path.read_bytes())


def run(
    arguments: Sequence[str], database: Path, target: str = "duckdb", root: Path = PROJECT_ROOT
) -> list[NodeResult]:
    """Runs dbt in this process against a warehouse file and closes the file again.

    Failing tests and broken nodes are results: `refuse_broken` and `refuse_failed_tests` say what follows.

    Args:
        arguments: from `arguments`.
        database: the warehouse file; no one else may have it open.
        target: the output of profiles.yml that the arguments name.
        root: the dbt project.

    Raises:
        DbtError: dbt did not come to running anything.
    """
    return _results(arguments, database, _parsed(target, root), root)


def _results(arguments: Sequence[str], database: Path, parsed: "Manifest", root: Path) -> list[NodeResult]:
    with _environ(environment(database, root)):
        outcome = _invoke(arguments, parsed)
    results = [
        NodeResult(
            unique_id=result.node.unique_id,
            status=str(result.status),
            failures=result.failures or 0,
            seconds=result.execution_time,
            message=result.message or "",
            sql=getattr(result.node, "compiled_code", None) or "",
        )
        for result in getattr(outcome.result, "results", [])
    ]
    if outcome.exception and not results:
        raise DbtError(f"dbt: {one_line(str(outcome.exception))}")
    return results


def refuse_broken(results: Iterable[NodeResult]) -> None:
    """Ends the run where dbt could not build a node or evaluate a test.

    Raises:
        DbtError: naming the first such node and how many there are.
    """
    broken = [result for result in results if result.status == "error"]
    if broken:
        first = broken[0]
        more = f" (and {len(broken) - 1} more)" if len(broken) > 1 else ""
        raise DbtError(f"dbt {first.kind} {first.name}{more}: {one_line(first.message)}")


def refuse_failed_tests(results: Iterable[NodeResult], manifest: Mapping[str, Any], database: Path) -> None:
    """Holds the build back where a test of severity `error` found rows.

    Args:
        results: of the build.
        manifest: dbt's manifest.
        database: the warehouse file that was built.

    Raises:
        GateRefused: naming the first three tests, their tables and how many rows each found; where what a test tells
            holds no row of a delivery (meta `shows_finding`: of seeds, or names of columns) also its first `finding`.
    """
    failed = [result for result in results if result.status == "fail"]
    if failed:
        named = "; ".join(
            f"dbt test {manifest['nodes'][result.unique_id]['name']} on {_table_name(result, manifest)}: "
            f"{result.failures} rows{_finding(result, manifest, database)}"
            for result in failed[:3]
        )
        more = f"; and {len(failed) - 3} more" if len(failed) > 3 else ""
        raise GateRefused(f"the gate refuses this build: {named}{more}")


def _finding(result: NodeResult, manifest: Mapping[str, Any], database: Path) -> str:
    """The first row's `finding` in parentheses, of a test that may show it."""
    if not manifest["nodes"][result.unique_id].get("config", {}).get("meta", {}).get("shows_finding"):
        return ""
    with duckdb.connect(str(database), read_only=True) as connection:
        row = connection.execute(f"select finding from ({result.sql}) order by all limit 1").fetchone()
    return f" ({row[0]})" if row else ""


def _table_name(result: NodeResult, manifest: Mapping[str, Any]) -> str:
    table = tested_table(manifest["nodes"][result.unique_id])
    found = manifest["nodes"].get(table) or manifest["sources"].get(table)
    return f"{found['schema']}.{found['name']}" if found else "no table"


def code_version(manifest: Mapping[str, Any], *models: str, root: Path = PROJECT_ROOT) -> str:
    """Hash over what models come from besides deliveries: their files and their ancestors', seeds, our macros, vars.

    Args:
        manifest: dbt's manifest.
        models: the models' unique ids.
        root: the dbt project.
    """
    nodes = ancestors(manifest, *models) & manifest["nodes"].keys()
    files = {manifest["nodes"][name]["original_file_path"] for name in nodes}
    files |= {
        macro["original_file_path"]
        for macro in manifest["macros"].values()
        if macro["package_name"] == "kobling"
    }
    digest = hashlib.sha256()
    for file in sorted(files):
        digest.update(file.encode())
        digest.update((root / file).read_bytes())
    variables = yaml.safe_load((root / "dbt_project.yml").read_bytes()).get("vars", {})
    digest.update(json.dumps(variables, sort_keys=True, default=str).encode())
    return digest.hexdigest()[:12]


def ancestors(manifest: Mapping[str, Any], *nodes: str) -> set[str]:
    """The unique ids of nodes and of all they are built from."""
    found = set(nodes)
    waiting = [*nodes]
    while waiting:
        for parent in manifest["parent_map"].get(waiting.pop(), []):
            if parent not in found:
                found.add(parent)
                waiting.append(parent)
    return found


def tested_table(test: Mapping[str, Any]) -> str | None:
    """The unique id of the table that a data test speaks of; of several, the last one that the test names."""
    if test.get("attached_node"):
        return str(test["attached_node"])
    tables = test["depends_on"]["nodes"]
    return tables[-1] if tables else None


def one_line(text: str) -> str:
    """An error as one line, without dbt's indentation and its list of macros."""
    return re.sub(r"\s+", " ", text.split("> in macro")[0]).strip()[:300]


def _parsing(root: Path) -> FileLock:
    """One process at a time writes the project's `target/`."""
    return FileLock(manifest_path(root).with_name(".parse.lock"))


@cache
def _parsed(target: str, root: Path) -> "Manifest":
    """The project as dbt holds it in memory, for all runs of this process."""
    with _parsing(root):
        return _parse(target, root)


def _parse(target: str, root: Path) -> "Manifest":
    """Parses what changed since the last time; writing the manifest takes longer than that.

    The warehouse path is the same for everyone: dbt parses everything again where it is another.
    """
    command = arguments("parse", target=target, logs=target_path(root), root=root, extra=["--no-write-json"])
    with _environ(environment(Path(DATABASE), root)):
        outcome = _invoke(command, None)
    if outcome.exception or outcome.result is None:
        raise DbtError(f"dbt cannot parse the project: {one_line(str(outcome.exception))}")
    return outcome.result


def _prepare_seeds(parsed: "Manifest", root: Path) -> None:
    path = seeds_path(root)
    unfinished = path.with_name("unfinished") / DATABASE
    shutil.rmtree(unfinished.parent, ignore_errors=True)
    unfinished.parent.mkdir(parents=True)
    refuse_broken(_results(_in_target("seed", root), unfinished, parsed, root))
    unfinished.replace(path)
    shutil.rmtree(unfinished.parent)


def _compile(parsed: "Manifest", root: Path) -> dict[str, str]:
    """The SQL of all models and data tests, which asks no database anything."""
    command = _in_target(
        "compile", root, select=["resource_type:model", "resource_type:test"], extra=["--no-introspect"]
    )
    results = _results(command, seeds_path(root), parsed, root)
    refuse_broken(results)
    return {result.unique_id: result.sql for result in results if result.kind in ("model", "test")}


def _in_target(
    command: str, root: Path, *, select: Sequence[str] = (), extra: Sequence[str] = ()
) -> list[str]:
    return arguments(
        command,
        target=TARGET,
        logs=target_path(root),
        root=root,
        select=select,
        extra=[*extra, "--no-write-json"],
    )


def _invoke(arguments: Sequence[str], manifest: "Manifest | None") -> "dbtRunnerResult":
    from dbt.cli.main import dbtRunner

    try:
        return dbtRunner(manifest=manifest).invoke(list(arguments))
    finally:
        # dbt keeps the file open in this process; readers and the next writer need it closed
        from dbt.adapters.duckdb.connections import DuckDBConnectionManager

        DuckDBConnectionManager.close_all_connections()


@contextmanager
def _environ(values: Mapping[str, str]) -> Iterator[None]:
    """Sets environment variables for the time of an invocation: dbt reads them nowhere else."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


if __name__ == "__main__":
    # the set-up parses the project, so that the first run does not have to
    prepare()
