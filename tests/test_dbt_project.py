"""The dbt project on a lake without any delivery: every model builds, every data test and every unit test holds.

The seeds are there, so the tests of the reference data mean what they say; the unit tests bring their own rows.
"""

from datetime import date
from pathlib import Path

import duckdb
import pytest

from orchestration import dbt, warehouse
from orchestration.build import build
from orchestration.settings import Settings

pytestmark = pytest.mark.slow


def empty(home: Path) -> Path:
    """A warehouse file of an empty lake."""
    database = home / dbt.DATABASE
    warehouse.prepare(Settings(home=home), date(2022, 6, 30), database, [])
    return database


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What dbt builds in."""
    return empty(tmp_path_factory.mktemp("empty"))


@pytest.fixture(scope="module")
def results(database: Path) -> list[dbt.NodeResult]:
    """What became of every node."""
    home = database.parent
    command = dbt.arguments("build", target="duckdb", logs=home, artifacts=Path(home, "dbt"))
    return dbt.run(command, database)


def failed(results: list[dbt.NodeResult], kind: str) -> list[str]:
    return [
        f"{result.name}: {result.status}: {dbt.one_line(result.message)}"
        for result in results
        if result.kind == kind and result.status not in ("success", "pass")
    ]


def test_every_seed_and_model_builds(results: list[dbt.NodeResult]) -> None:
    assert failed(results, "seed") == []
    assert failed(results, "model") == []
    # of an exposure there is nothing to build; dbt lists it
    assert {"seed", "model", "test", "unit_test", "exposure"} == {result.kind for result in results}


def test_every_unit_test_passes(results: list[dbt.NodeResult]) -> None:
    assert failed(results, "unit_test") == []


def test_every_data_test_passes(results: list[dbt.NodeResult]) -> None:
    assert failed(results, "test") == []


def test_our_build_is_dbts(database: Path, results: list[dbt.NodeResult], tmp_path: Path) -> None:
    """The same nodes with the same outcome, and the same columns of the same types in the same tables and views."""
    dbt.prepare()
    ours = empty(tmp_path)
    built = build(ours)
    kinds = ("seed", "model", "test")
    assert {(result.unique_id, result.status, result.failures) for result in built} == {
        (result.unique_id, result.status, result.failures) for result in results if result.kind in kinds
    }
    assert columns(ours) == columns(database)


def columns(database: Path) -> list[tuple[str, ...]]:
    """Schema, table, kind, column and type, in the columns' order."""
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.execute("""
            select table_schema, table_name, table_type, column_name, data_type
            from information_schema.columns
            inner join information_schema.tables using (table_schema, table_name)
            order by table_schema, table_name, ordinal_position
        """).fetchall()
