"""A warehouse file, built with the SQL that dbt compiled.

Belongs here: what `dbt build` does to a node in DuckDB (seeds, views, tables under their contract, data tests), in
the order of what rests on what, on several threads. dbt's own work on a node takes longer than most queries do, and
the same project is built at each run and for each observed date; so dbt compiles once for a state of the project
(orchestration/dbt.py), and this executes. Does not: what is built when (assets, replay); how Spark makes a model's
rows where it is the target (orchestration/spark).
"""

import json
import re
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from graphlib import TopologicalSorter
from pathlib import Path
from threading import Lock, Semaphore
from typing import Any

import duckdb

from orchestration import dbt
from orchestration.dbt import NodeResult
from orchestration.errors import BrokenModel
from orchestration.settings import MEMORY_LIMIT, PROJECT_ROOT, Target

NODES_AT_A_TIME = 2
"""One thread prepares the next query while DuckDB's own threads work on another."""

ROWS_OF_TWO = 2_000_000
"""With more delivered rows than this a node has all memory for itself: two would spill what one can hold."""


class _Turns:
    """Nodes run beside each other, or one alone: for that it waits until the others are done."""

    def __init__(self, places: int) -> None:
        self._places = places
        self._free = Semaphore(places)
        # whoever waits to be alone keeps the next ones from beginning
        self._queue = Lock()

    @contextmanager
    def beside(self) -> Iterator[None]:
        """One of several."""
        with self._queue:
            self._free.acquire()
        try:
            yield
        finally:
            self._free.release()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """With all memory for itself."""
        with self._queue:
            for _ in range(self._places):
                self._free.acquire()
            try:
                yield
            finally:
                self._free.release(self._places)


_AS_WRITTEN = "join_order,build_side_probe_side"

# The macro as_of as dbt compiles it.
_AS_OF = re.compile(r'\(select run\.as_of from "kobling"\."staging"\."stg_control__run" as run\)')

Create = Callable[[duckdb.DuckDBPyConnection, Mapping[str, Any], str], None]
"""Puts a seed or model (the node of dbt's manifest, its compiled SQL) into the warehouse file."""


def build(
    database: Path,
    nodes: Collection[str] | None = None,
    *,
    target: Target = "duckdb",
    tests: bool = True,
    root: Path = PROJECT_ROOT,
) -> list[NodeResult]:
    """Builds seeds and models in a warehouse file that has the schemas `lake` and `control`, and tests them.

    A model that breaks takes with it what rests on it, as in dbt; a test that finds rows holds nothing back here:
    `dbt.refuse_failed_tests` says what follows.

    Args:
        database: the warehouse file; no one else may have it open.
        nodes: unique ids of seeds and models; `None` is all. What they rest on must be there.
        target: the engine of the models; seeds and data tests are DuckDB's.
        tests: also the data tests that read one of them.
        root: the dbt project, prepared.

    Returns:
        A result a node, in the order of their building.
    """
    manifest, compiled = dbt.manifest(root), dbt.compiled(root)
    kinds = ("seed", "model", "test") if tests else ("seed", "model")
    wanted = {
        name
        for name, node in manifest["nodes"].items()
        if node["resource_type"] in kinds and (nodes is None or _is_of(name, node, nodes, manifest))
    }
    order = TopologicalSorter({name: wanted & set(manifest["parent_map"][name]) for name in sorted(wanted)})
    with _connect(database, dbt.seeds_path(root)) as connection:
        for schema in {manifest["nodes"][name]["schema"] for name in wanted}:
            connection.execute(f"create schema if not exists {schema}")
        create = _create if target == "duckdb" else _on_spark(connection, database, root)
        queries = _as_of_written(connection, {name: compiled[name] for name in wanted if name in compiled})
        return list(_execute(connection, order, manifest, queries, create))


def _as_of_written(connection: duckdb.DuckDBPyConnection, queries: Mapping[str, str]) -> dict[str, str]:
    """The queries with the run's as-of date instead of the look at the table that has it.

    Behind a date that is looked up DuckDB expects a hundredth of the rows: it would keep the facts in memory and read
    past them what is small.
    """
    row = connection.execute("select as_of from control.run").fetchone()
    written = f"date '{row[0]}'" if row else "cast(null as date)"
    return {name: _AS_OF.sub(written, query) for name, query in queries.items()}


def _on_spark(connection: duckdb.DuckDBPyConnection, database: Path, root: Path) -> Create:
    """Spark takes seconds to start: only a build with it does so."""
    from orchestration.spark.models import SparkModels

    models = SparkModels(connection, database, root)

    def create(cursor: duckdb.DuckDBPyConnection, node: Mapping[str, Any], sql: str) -> None:
        if node["resource_type"] == "seed":
            _create(cursor, node, sql)
        else:
            models.create(cursor, node, sql)

    return create


def _is_of(name: str, node: Mapping[str, Any], nodes: Collection[str], manifest: Mapping[str, Any]) -> bool:
    """Whether it is one of the nodes, or a test that reads one."""
    if node["resource_type"] == "test":
        return not set(nodes).isdisjoint(manifest["parent_map"][name])
    return name in nodes


def write_results(path: Path, results: Iterable[NodeResult]) -> None:
    """Keeps results as dbt's `run_results.json` names them."""
    rows = [
        {
            "unique_id": result.unique_id,
            "status": result.status,
            "failures": result.failures,
            "execution_time": round(result.seconds, 3),
            "message": result.message,
        }
        for result in results
    ]
    path.write_text(json.dumps({"results": rows}), encoding="utf-8")


@contextmanager
def _connect(database: Path, seeds: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(database), config={"memory_limit": MEMORY_LIMIT}) as connection:
        connection.execute(f"attach '{seeds}' as seeded (read_only)")
        yield connection


def _execute(
    connection: duckdb.DuckDBPyConnection,
    order: TopologicalSorter[str],
    manifest: Mapping[str, Any],
    compiled: Mapping[str, str],
    create: Create,
) -> Iterator[NodeResult]:
    """The nodes' results as they come; each begins when what it rests on is there."""
    order.prepare()
    running: dict[Future[NodeResult], str] = {}
    lost: set[str] = set()
    at_a_time = _nodes_at_a_time(connection)
    turns = _Turns(at_a_time)
    with ThreadPoolExecutor(at_a_time) as pool:
        try:
            while order.is_active():
                for name in order.get_ready():
                    work = _skip if lost.intersection(manifest["parent_map"][name]) else _run
                    node = manifest["nodes"][name]
                    sql = compiled.get(name, "")
                    running[pool.submit(work, connection, name, node, sql, create, turns)] = name
                finished, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in finished:
                    result = future.result()
                    if result.kind != "test" and result.status != "success":
                        lost.add(result.unique_id)
                    order.done(running.pop(future))
                    yield result
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            connection.interrupt()
            raise


def _nodes_at_a_time(connection: duckdb.DuckDBPyConnection) -> int:
    row = connection.execute("select coalesce(sum(row_count), 0) from control.delivery_file").fetchone()
    return 1 if row and row[0] > ROWS_OF_TWO else NODES_AT_A_TIME


def _skip(
    _: duckdb.DuckDBPyConnection,
    name: str,
    _node: Mapping[str, Any],
    sql: str,
    _create: Create,
    _turns: _Turns,
) -> NodeResult:
    return NodeResult(name, "skipped", 0, 0, "rests on a model that could not be built", sql)


def _run(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    node: Mapping[str, Any],
    sql: str,
    create: Create,
    turns: _Turns,
) -> NodeResult:
    """One node; what runs out of memory is tried once more, alone and with the least that DuckDB needs."""
    try:
        with turns.beside():
            return _try(connection, name, node, sql, create)
    except duckdb.OutOfMemoryException:
        pass
    try:
        with turns.alone(), _sparing(connection):
            return _try(connection, name, node, sql, create)
    except duckdb.OutOfMemoryException as error:
        return NodeResult(name, "error", 0, 0, dbt.one_line(str(error)), sql)


@contextmanager
def _sparing(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """One thread, and joins as they are written: facts first, what is looked up in memory.

    Behind a date that is looked up DuckDB expects a fraction of the rows, and keeps the facts themselves in memory.
    """
    connection.execute(f"set threads = 1; set disabled_optimizers = '{_AS_WRITTEN}'")
    try:
        yield
    finally:
        connection.execute("reset threads; reset disabled_optimizers")


def _try(
    connection: duckdb.DuckDBPyConnection, name: str, node: Mapping[str, Any], sql: str, create: Create
) -> NodeResult:
    """One node.

    Raises:
        duckdb.OutOfMemoryException: what can be mended by waiting.
    """
    started = time.monotonic()
    status, failures, message = "success", 0, ""
    try:
        with connection.cursor() as cursor:
            if node["resource_type"] == "test":
                failures = _failures(cursor, node, sql)
                status = "pass" if not failures else _found(node)
                message = f"{failures} rows" if failures else ""
            else:
                create(cursor, node, sql)
    except duckdb.OutOfMemoryException:
        raise
    except (duckdb.Error, BrokenModel) as error:
        status, message = "error", dbt.one_line(str(error))
    return NodeResult(name, status, failures, time.monotonic() - started, message, sql)


def _found(node: Mapping[str, Any]) -> str:
    return "warn" if node["config"]["severity"].lower() == "warn" else "fail"


def _failures(cursor: duckdb.DuckDBPyConnection, node: Mapping[str, Any], sql: str) -> int:
    row = cursor.execute(f"select {node['config']['fail_calc']} from ({sql}) as found").fetchone()
    return int(row[0]) if row else 0


def _create(cursor: duckdb.DuckDBPyConnection, node: Mapping[str, Any], sql: str) -> None:
    """A seed, view or table, under its name at once: nobody reads a file that is being built."""
    table = f"{node['schema']}.{node['name']}"
    if node["resource_type"] == "seed":
        cursor.execute(f"create or replace table {table} as from seeded.{table}")
    elif node["config"]["materialized"] == "view":
        cursor.execute(f"create or replace view {table} as {sql}")
    elif node["config"]["contract"]["enforced"]:
        cursor.execute(f"create or replace table {table} as {_under_contract(cursor, node, sql)}")
    else:
        cursor.execute(f"create or replace table {table} as {sql}")


def _under_contract(cursor: duckdb.DuckDBPyConnection, node: Mapping[str, Any], sql: str) -> str:
    """The query with the declared columns, in their order and of their types.

    Raises:
        BrokenModel: it has other columns, or columns of another type (lengths and places apart, which are cast).
    """
    declared = {name: column["data_type"] for name, column in node["columns"].items()}
    casts = ", ".join(f"cast({name} as {type_}) as {name}" for name, type_ in declared.items())
    nulls = ", ".join(f"cast(null as {type_}) as {name}" for name, type_ in declared.items())
    there, promised = (_columns(cursor, query) for query in (sql, f"select {nulls}"))
    wrong = sorted(name for name in there.keys() | promised.keys() if there.get(name) != promised.get(name))
    if wrong:
        told = ", ".join(
            f"{name} is {there.get(name, 'missing')}, declared {promised.get(name, 'nowhere')}"
            for name in wrong
        )
        raise BrokenModel(f"the contract of the model does not hold: {told}")
    return f"select {casts} from ({sql}) as model"


def _columns(cursor: duckdb.DuckDBPyConnection, query: str) -> dict[str, str]:
    """Name → type without length and places, of what a query returns."""
    described = cursor.execute(f"describe {query}").fetchall()
    return {name: re.sub(r"\(.*\)", "", type_) for name, type_, *_ in described}
