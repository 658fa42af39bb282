"""The dbt project on a lake without any delivery: every model builds, every data test and every unit test holds.

The seeds are there, so the tests of the reference data mean what they say; the unit tests bring their own rows.
"""

from datetime import date
from pathlib import Path

import pytest

from orchestration import dbt, warehouse
from orchestration.settings import Settings

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> list[dbt.NodeResult]:
    """What became of every node."""
    home = tmp_path_factory.mktemp("empty")
    database = home / dbt.DATABASE
    warehouse.prepare(Settings(home=home), date(2022, 6, 30), database, [])
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
