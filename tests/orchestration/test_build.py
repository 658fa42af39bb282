"""What is built of the SQL that dbt compiled: order, contracts, tests, and what a broken model takes with it."""

import json
import re
from pathlib import Path
from threading import Barrier, BrokenBarrierError
from typing import Any

import duckdb
import pytest

from orchestration import build as builds
from orchestration import dbt
from orchestration.build import build, write_results

MODELS = {
    "numbers": ("view", "select * from seeds.seed", {}),
    "doubled": ("table", "select number * 2 as number, 'x' as mark from staging.numbers", {}),
    "mart": (
        "table",
        "select mark, sum(number)::decimal(20, 3) as total from staging.doubled group by mark",
        {"total": "decimal(18, 2)", "mark": "varchar"},
    ),
}
PARENTS = {"numbers": ["seed.p.seed"], "doubled": ["model.p.numbers"], "mart": ["model.p.doubled"]}
TESTS = {
    "never_odd": ("error", "count(*)", "select * from staging.doubled where number % 2 = 1"),
    "above_five": ("warn", "coalesce(sum(number), 0)", "select * from staging.doubled where number <= 5"),
}


def node(kind: str, name: str, **rest: Any) -> dict[str, Any]:
    return {"resource_type": kind, "name": name, "schema": "staging", "columns": {}, **rest}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A prepared project of a seed, three models and two tests; its compiled SQL, which a test may change."""
    seeds = tmp_path / "seeds" / dbt.DATABASE
    seeds.parent.mkdir()
    with duckdb.connect(str(seeds)) as connection:
        connection.execute(
            "create schema seeds; create table seeds.seed as select range::integer as number from range(4)"
        )
    nodes = {"seed.p.seed": node("seed", "seed", schema="seeds")}
    compiled = {}
    for name, (materialized, sql, columns) in MODELS.items():
        config = {"materialized": materialized, "contract": {"enforced": bool(columns)}}
        declared = {column: {"data_type": type_} for column, type_ in columns.items()}
        nodes[f"model.p.{name}"] = node("model", name, config=config, columns=declared)
        compiled[f"model.p.{name}"] = sql
    for name, (severity, fail_calc, sql) in TESTS.items():
        nodes[f"test.p.{name}.1"] = node("test", name, config={"severity": severity, "fail_calc": fail_calc})
        compiled[f"test.p.{name}.1"] = sql
    parents = {
        "seed.p.seed": [],
        **{f"model.p.{name}": found for name, found in PARENTS.items()},
        **{f"test.p.{name}.1": ["model.p.doubled"] for name in TESTS},
    }
    manifest = {"nodes": nodes, "parent_map": parents}
    monkeypatch.setattr(dbt, "manifest", lambda *_: manifest)
    monkeypatch.setattr(dbt, "compiled", lambda *_: compiled)
    monkeypatch.setattr(dbt, "seeds_path", lambda *_: seeds)
    return compiled


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A warehouse file with what the build looks up itself: the run's date, and how many rows were delivered."""
    path = tmp_path / dbt.DATABASE
    with duckdb.connect(str(path)) as connection:
        connection.execute("""
            create schema control;
            create table control.run as select date '2022-06-30' as as_of;
            create table control.delivery_file as select 20 as row_count;
        """)
    return path


def outcome(results: list[dbt.NodeResult]) -> dict[str, str]:
    return {result.unique_id.split(".")[2]: result.status for result in results}


def test_everything_is_built_and_tested(project: dict[str, str], database: Path) -> None:
    results = build(database)
    assert outcome(results) == {
        **dict.fromkeys(("seed", "numbers", "doubled", "mart", "never_odd"), "success"),
        "never_odd": "pass",
        "above_five": "warn",
    }
    assert {result.name: result.failures for result in results if result.kind == "test"} == {
        "never_odd": 0,
        "above_five": 0 + 2 + 4,
    }
    with duckdb.connect(str(database), read_only=True) as connection:
        assert connection.execute("select total, mark from staging.mart").fetchall() == [(12, "x")]
        described = connection.execute("describe staging.mart").fetchall()
    # the declared columns, in their order and of their types
    assert [found[:2] for found in described] == [("total", "DECIMAL(18,2)"), ("mark", "VARCHAR")]


def test_what_rests_on_a_broken_model_is_left_out(project: dict[str, str], database: Path) -> None:
    project["model.p.doubled"] = "select no_such_column from staging.numbers"
    results = build(database)
    assert outcome(results) == {
        "seed": "success",
        "numbers": "success",
        "doubled": "error",
        **dict.fromkeys(("mart", "never_odd", "above_five"), "skipped"),
    }
    with pytest.raises(dbt.DbtError, match=r"^dbt model doubled: .*no_such_column"):
        dbt.refuse_broken(results)


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("select 1::decimal(18, 2) as total", "mark is missing, declared VARCHAR"),
        ("select 1::decimal(9, 1) as total, 'x' as mark, 2 as more", "more is INTEGER, declared nowhere"),
        ("select 1.5::double as total, 'x' as mark", "total is DOUBLE, declared DECIMAL"),
    ],
)
def test_a_contract_is_held(project: dict[str, str], database: Path, sql: str, told: str) -> None:
    project["model.p.mart"] = sql
    (broken,) = [result for result in build(database) if result.status == "error"]
    assert broken.message == f"the contract of the model does not hold: {told}"


def test_a_part_is_built_again_with_its_tests(project: dict[str, str], database: Path) -> None:
    build(database, tests=False)
    project["model.p.doubled"] = "select 1 as number, 'x' as mark"
    assert outcome(build(database, ["model.p.doubled"])) == {
        "doubled": "success",
        "never_odd": "fail",
        "above_five": "warn",
    }


def test_what_runs_out_of_memory_beside_another_is_tried_again_alone(
    project: dict[str, str], database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    both_run = Barrier(2)
    running: list[str] = []
    tries: list[tuple[str, list[str]]] = []
    settings: list[tuple[Any, ...]] = []
    real = builds._failures

    def failures(cursor: Any, node: Any, sql: str) -> int:
        name = node["name"]
        is_first = name not in [tried for tried, _ in tries]
        tries.append((name, [*running]))
        settings.append(
            cursor.execute(
                "select current_setting('threads'), current_setting('disabled_optimizers')"
            ).fetchone()
        )
        running.append(name)
        try:
            if is_first:
                both_run.wait(timeout=30)
            if is_first and name == "never_odd":
                raise duckdb.OutOfMemoryException("of the test's own")
            return real(cursor, node, sql)
        finally:
            running.remove(name)

    monkeypatch.setattr(builds, "_failures", failures)
    results = build(database)
    assert outcome(results)["never_odd"] == "pass"
    assert len(tries) == 3
    assert tries[-1] == ("never_odd", [])
    assert settings[-1][0] == 1
    assert "join_order" in settings[-1][1]
    assert {optimizers for _, optimizers in settings[:-1]} == {""}


def test_what_runs_out_of_memory_alone_is_an_error(
    project: dict[str, str], database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failures(*_: object) -> int:
        raise duckdb.OutOfMemoryException("of the test's own")

    monkeypatch.setattr(builds, "_failures", failures)
    found = outcome(build(database))
    assert {found["never_odd"], found["above_five"]} == {"error"}
    assert found["mart"] == "success"


@pytest.mark.parametrize(("rows", "beside"), [(builds.ROWS_OF_TWO, True), (builds.ROWS_OF_TWO + 1, False)])
def test_of_many_rows_one_node_is_worked_on_at_a_time(
    project: dict[str, str], database: Path, monkeypatch: pytest.MonkeyPatch, rows: int, beside: bool
) -> None:
    with duckdb.connect(str(database)) as connection:
        connection.execute("update control.delivery_file set row_count = ?", [rows])
    both_run = Barrier(2)
    met: list[bool] = []

    def failures(*_: object) -> int:
        try:
            both_run.wait(timeout=30 if beside else 1)
        except BrokenBarrierError:
            met.append(False)
        else:
            met.append(True)
        return 0

    monkeypatch.setattr(builds, "_failures", failures)
    build(database)
    assert met == [beside, beside]


def test_the_as_of_date_stands_in_the_queries(project: dict[str, str], database: Path) -> None:
    """There is no table stg_control__run here to look it up in."""
    looked_up = '(select run.as_of from "kobling"."staging"."stg_control__run" as run)'
    project["model.p.doubled"] = f"select year({looked_up}) as number, 'x' as mark"
    assert outcome(build(database))["doubled"] == "success"
    with duckdb.connect(str(database), read_only=True) as connection:
        assert connection.execute("select number from staging.doubled").fetchall() == [(2022,)]


def test_it_is_what_the_macro_as_of_compiles_to() -> None:
    dbt.prepare()
    queries = [query for query in dbt.compiled().values() if re.search(r"select run\.as_of\s+from", query)]
    assert queries
    assert [query for query in queries if not builds._AS_OF.search(query)] == []


def test_results_are_kept_in_dbts_form(tmp_path: Path) -> None:
    path = tmp_path / "run_results.json"
    write_results(path, [dbt.NodeResult("test.p.never_odd.1", "fail", 3, 0.1234, "3 rows")])
    assert json.loads(path.read_text()) == {
        "results": [
            {
                "unique_id": "test.p.never_odd.1",
                "status": "fail",
                "failures": 3,
                "execution_time": 0.123,
                "message": "3 rows",
            }
        ]
    }
