"""The bridge's models in memory, rendered without dbt: they need only `ref` and `var`."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import duckdb

from orchestration.settings import PROJECT_ROOT
from orchestration.warehouse import CONTROL
from tests.rendered import select

MODELS = ("date", "course", "pair", "cause")
PARTS = [
    line.split(",")[0] for line in (PROJECT_ROOT / "seeds" / "bridge_part.csv").read_text().splitlines()[1:]
]
COMPONENT, STATE = CONTROL["component_observation"], CONTROL["course_state_observation"]


@cache
def statements() -> list[str]:
    """One `create view` a model, in order."""
    models = [f"int_overrun__bridge_{name}" for name in MODELS] + ["int_overrun__bridge"]
    return [f"create view {model} as {select(model)}" for model in models]


def open_bridge() -> duckdb.DuckDBPyConnection:
    """An empty warehouse in memory that has the bridge's models and the tables that they read."""
    connection = duckdb.connect()
    connection.execute("create table stg_control__run (as_of date, previous_as_of date)")
    connection.execute("create table dim_account (account_id varchar, frame_id varchar)")
    for name, columns in (("component", COMPONENT), ("course_state", STATE)):
        typed = ", ".join(f"{column} {type_}" for column, type_ in columns.items())
        observed = f"stg_control__{name}_observation"
        connection.execute(f"create table {observed} ({typed})")
        connection.execute(
            f"create table int_overrun__{name} as select * exclude (observed_on) from {observed}"
        )
    for statement in statements():
        connection.execute(statement)
    return connection


def insert(connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Rows of a table, whole columns at once; columns that a row does not name are NULL."""
    if not rows:
        return
    columns = COMPONENT if "component" in table else STATE
    selected = ", ".join(f"unnest(?::{type_}[])" for type_ in columns.values())
    values = [[row.get(name) for row in rows] for name in columns]
    connection.execute(f"insert into {table} ({', '.join(columns)}) select {selected}", values)
