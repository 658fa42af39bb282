"""Both engines, as the tests of this folder ask them. Spark is started once a process, on loopback."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.spark.columns import columns_of
from orchestration.spark.queries import relation_name
from orchestration.spark.translate import spark_type, translate

Ask = Callable[[str], list[tuple[Any, ...]]]


@pytest.fixture(scope="session", autouse=True)
def _java() -> None:
    if shutil.which("java") is None:
        pytest.skip("no Java runtime on this machine (apt-get install openjdk-17-jre-headless)")


@pytest.fixture(scope="module")
def warehouse_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A DuckDB file that a module's fixture fills with relations."""
    return tmp_path_factory.mktemp("engines") / "kobling.duckdb"


@pytest.fixture(scope="module")
def engines(warehouse_file: Path, relations: str) -> Iterator[tuple[Ask, Ask]]:
    """The same relations in DuckDB and in Spark; each asks a query in DuckDB's SQL.

    Args:
        relations: DuckDB's statements that make them, in the schema `marts`.
    """
    from orchestration.spark.session import session

    with duckdb.connect(str(warehouse_file)) as connection:
        connection.execute("create schema marts")
        connection.execute(relations)
    types = columns_of(warehouse_file)
    spark = session()
    with duckdb.connect(str(warehouse_file), read_only=True) as connection:
        for table in types["marts"]:
            path = warehouse_file.parent / f"{table}.parquet"
            connection.execute(f"copy marts.{table} to '{path}' (format parquet)")
            spark.read.parquet(path.as_uri()).createOrReplaceTempView(relation_name("marts", table))

        def duckdb_asks(sql: str) -> list[tuple[Any, ...]]:
            return connection.execute(sql).fetchall()

        def spark_asks(sql: str) -> list[tuple[Any, ...]]:
            described = connection.execute(f"describe {sql}").fetchall()
            *steps, last = translate(sql, types, "asked")
            for step in steps:
                spark.sql(step.sql).createOrReplaceTempView(step.name)
            casts = ", ".join(
                f"cast({name} as {spark_type(type_)}) as {name}" for name, type_, *_ in described
            )
            return [tuple(row) for row in spark.sql(f"select {casts} from ({last.sql}) as asked").collect()]

        yield duckdb_asks, spark_asks
