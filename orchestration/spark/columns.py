"""The columns of every relation as DuckDB has them: what the translation knows, what Spark's tables are cast to."""

import json
from datetime import date
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from orchestration import dbt, warehouse
from orchestration.build import build
from orchestration.settings import Settings
from orchestration.spark.kinds import Schema


def relation_types(root: Path) -> Schema:
    """The columns of the project's relations, from a build of an empty lake; kept until the project changes.

    Args:
        root: the dbt project, prepared.

    Raises:
        DbtError: a model cannot be built.
    """
    return _relation_types(root, dbt.manifest_path(root).stat().st_mtime_ns)


@cache
def _relation_types(root: Path, prepared: int) -> Schema:
    kept = dbt.target_path(root) / "relation_types.json"
    if not (kept.is_file() and kept.stat().st_mtime_ns >= prepared):
        with TemporaryDirectory() as folder:
            database = Path(folder) / dbt.DATABASE
            warehouse.prepare(Settings(home=Path(folder)), date(2022, 1, 1), database, [])
            dbt.refuse_broken(build(database, tests=False, root=root))
            kept.write_text(json.dumps(columns_of(database)), encoding="utf-8")
    return json.loads(kept.read_bytes())


def columns_of(database: Path) -> dict[str, dict[str, dict[str, str]]]:
    """Schema → relation → column → type, of a warehouse file."""
    found: dict[str, dict[str, dict[str, str]]] = {}
    with duckdb.connect(str(database), read_only=True) as connection:
        rows = connection.execute(
            "select table_schema, table_name, column_name, data_type from information_schema.columns "
            "where table_catalog = current_database() order by ordinal_position"
        ).fetchall()
    for schema, table, column, type_ in rows:
        found.setdefault(schema, {}).setdefault(table, {})[column] = type_
    return found
