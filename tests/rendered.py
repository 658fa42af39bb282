"""Models as views in memory, without dbt: for tests that compare their SQL with a count by hand."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import jinja2
import yaml

ROOT = Path(__file__).resolve().parents[1]
VARS = yaml.safe_load((ROOT / "dbt_project.yml").read_bytes())["vars"]


@cache
def select(model: str) -> str:
    """The query of a model, or of a test of dbt's; what it refers to has to be there under its plain name."""
    (path,) = [*(ROOT / "models").rglob(f"{model}.sql"), *(ROOT / "tests" / "dbt").glob(f"{model}.sql")]
    return render(path.read_text(encoding="utf-8"))


def render(text: str) -> str:
    """SQL with the project's macros put in."""
    macros = "".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "macros").glob("*.sql")))
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, extensions=["jinja2.ext.do"])
    return environment.from_string(macros + text).render(
        ref=lambda name: name,
        var=lambda name, *default: VARS.get(name, *default) if default else VARS[name],
    )


def warehouse(tables: Mapping[str, str], *models: str) -> duckdb.DuckDBPyConnection:
    """A warehouse in memory: empty tables (name → columns) and the models, in order, as views over them."""
    connection = duckdb.connect(config={"threads": 1})
    for table, columns in tables.items():
        connection.execute(f"create table {table} ({columns})")
    for model in models:
        connection.execute(f"create view {model} as {select(model)}")
    return connection


def fill(connection: duckdb.DuckDBPyConnection, rows: Mapping[str, list[tuple[object, ...]]]) -> None:
    """The tables hold these rows and no others."""
    for table, records in rows.items():
        connection.execute(f"delete from {table}")
        if records:
            marks = ", ".join("?" for _ in records[0])
            connection.executemany(f"insert into {table} values ({marks})", records)


def rows(connection: duckdb.DuckDBPyConnection, table: str) -> list[dict[str, Any]]:
    """The rows of a table or view, column by name."""
    cursor = connection.execute(f"select * from {table}")
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
