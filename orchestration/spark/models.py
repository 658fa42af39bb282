"""Models as Spark builds them: tables as Parquet beside the warehouse file, which shows them.

Belongs here: what Spark reads (the lake's files, `control`, seeds), and where a model's rows go. Does not: the SQL
(translate), what is built when (orchestration/build.py).
"""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError

from orchestration import warehouse
from orchestration.errors import BrokenModel
from orchestration.spark.columns import relation_types
from orchestration.spark.queries import Untranslatable, relation_name
from orchestration.spark.session import session
from orchestration.spark.translate import spark_type, translate

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

STEPS = "steps"
"""The folder of what a model's steps leave for each other; gone when the model is there."""


class SparkModels:
    """Builds models of one warehouse file."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, database: Path, root: Path) -> None:
        """Starts with what models read: the lake's files as they are, the small tables as Parquet.

        Args:
            connection: to the warehouse file, with the schemas `lake` and `control` filled and the seeds attached.
            database: the warehouse file; the tables go to the folder `spark` beside it.
            root: the dbt project, prepared.

        Raises:
            ConfigurationError: Spark does not start.
        """
        self._folder = database.parent / warehouse.SPARK_TABLES
        self._types = types = relation_types(root)
        self._spark = session()
        for schema, source in (("control", "control"), ("seeds", "seeded.seeds")):
            for table in types[schema]:
                path = self._folder / schema / f"{table}.parquet"
                path.parent.mkdir(parents=True, exist_ok=True)
                connection.execute(f"copy {source}.{table} to {warehouse.quoted(path)} (format parquet)")
                self._show(path, relation_name(schema, table))
        for entity, sql in connection.execute(
            "select view_name, sql from duckdb_views() where schema_name = 'lake'"
        ).fetchall():
            self._show_lake(entity, _files_of(sql))
        # what a part of the project rests on was built before
        for mark in self._folder.glob("*/*/_SUCCESS"):
            self._show(mark.parent, relation_name(mark.parent.parent.name, mark.parent.name))

    def create(self, cursor: duckdb.DuckDBPyConnection, node: Mapping[str, Any], sql: str) -> None:
        """A view in Spark, or a table's Parquet, and the same in the warehouse file.

        Args:
            cursor: to the warehouse file.
            node: the model, of dbt's manifest.
            sql: its compiled SQL.

        Raises:
            BrokenModel: Spark cannot build it, or not with the meaning that it has in DuckDB.
        """
        from py4j.protocol import Py4JError
        from pyspark.errors import PySparkException

        try:
            self._create(cursor, node, sql)
        except (PySparkException, Py4JError, Untranslatable, SqlglotError) as error:
            raise BrokenModel(str(error)) from error

    def _create(self, cursor: duckdb.DuckDBPyConnection, node: Mapping[str, Any], sql: str) -> None:
        schema, name = node["schema"], node["name"]
        columns = self._types[schema][name]
        casts = ", ".join(
            f"cast({column} as {spark_type(type_)}) as {column}" for column, type_ in columns.items()
        )
        *steps, model = translate(sql, self._types, name)
        for step in steps:
            self._keep(self._spark.sql(step.sql), self._folder / STEPS / step.name, step.name)
        frame = self._spark.sql(f"select {casts} from ({model.sql}) as model")
        if node["config"]["materialized"] == "view":
            frame.createOrReplaceTempView(relation_name(schema, name))
            cursor.execute(f"create or replace view {schema}.{name} as {sql}")
            return
        path = self._folder / schema / name
        self._keep(frame, path, relation_name(schema, name))
        for step in steps:
            shutil.rmtree(self._folder / STEPS / step.name)
        shown = ", ".join(f"cast({column} as {type_}) as {column}" for column, type_ in columns.items())
        files = warehouse.quoted(path / "*.parquet")
        # a publication is made of tables, here as ever; what only models read stays where Spark put it
        kind = "table" if node["config"]["contract"]["enforced"] else "view"
        cursor.execute(
            f"create or replace {kind} {schema}.{name} as select {shown} from read_parquet({files})"
        )

    def _keep(self, frame: "DataFrame", path: Path, name: str) -> None:
        """Writes rows, and reads them from there from now on."""
        frame.write.mode("overwrite").parquet(_uri(path))
        self._show(path, name)

    def _show(self, path: Path, name: str) -> None:
        self._spark.read.parquet(_uri(path)).createOrReplaceTempView(name)

    def _show_lake(self, entity: str, files: list[str]) -> None:
        """The files of the registry as one view, with the declared columns also where a file has none."""
        columns = self._types["lake"][entity]
        frame, there = None, set()
        if files:
            lake = Path(files[0]).parent.parent
            frame = self._spark.read.options(mergeSchema=True, basePath=_uri(lake)).parquet(
                *(_uri(Path(file)) for file in files)
            )
            there = set(frame.columns)
            frame.createOrReplaceTempView(f"file_of__{entity}")
        selected = ", ".join(
            f"cast({name if name in there else 'null'} as {spark_type(type_)}) as {name}"
            for name, type_ in columns.items()
        )
        source = f"file_of__{entity}" if files else "(select 1) where false"
        self._spark.sql(f"select {selected} from {source}").createOrReplaceTempView(
            relation_name("lake", entity)
        )


def _uri(path: Path) -> str:
    """As Hadoop reads it: `extract_date=…` in a path stays as it is."""
    return f"file://{path}"


def _files_of(view: str) -> list[str]:
    """The lake's files that a view of the warehouse file reads."""
    listed = parse_one(view, read="duckdb").find(exp.Array)
    return [found.name for found in listed.find_all(exp.Literal)] if listed else []
