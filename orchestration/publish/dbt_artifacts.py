"""What dbt knows of the published tables and of its own tests, read from its artifacts.

Belongs here: descriptions from `manifest.json`, outcomes from `run_results.json`, as small models of ours.
Does not: messages of tests; they can quote a value.
"""

import json
from pathlib import Path

from pydantic import BaseModel, ConfigDict


class TableDoc(BaseModel):
    """A model's description, and those of its columns."""

    model_config = ConfigDict(frozen=True)

    name: str
    schema_name: str
    description: str
    columns: dict[str, str]


class DbtTest(BaseModel):
    """The outcome of one dbt test: data test or unit test."""

    model_config = ConfigDict(frozen=True)

    name: str
    kind: str
    """`test` or `unit_test`"""
    status: str
    """`pass`, `warn`, `fail`, `error` or `skipped`"""
    failures: int


def read_docs(manifest: Path | None) -> dict[str, TableDoc]:
    """Model name → description, of every model in dbt's manifest; none where there is no manifest."""
    if manifest is None or not manifest.is_file():
        return {}
    nodes = json.loads(manifest.read_bytes())["nodes"].values()
    return {
        node["name"]: TableDoc(
            name=node["name"],
            schema_name=node["schema"],
            description=" ".join(node["description"].split()),
            columns={
                column["name"]: " ".join(column["description"].split()) for column in node["columns"].values()
            },
        )
        for node in nodes
        if node["resource_type"] == "model"
    }


def read_tests(run_results: Path | None) -> list[DbtTest]:
    """The tests of dbt's last run, failing ones first; none where there is no file."""
    if run_results is None or not run_results.is_file():
        return []
    tests = []
    for result in json.loads(run_results.read_bytes())["results"]:
        kind, _, *rest = result["unique_id"].split(".")
        if kind in ("test", "unit_test"):
            # a data test's id ends with a hash; a unit test's is model.name
            name = rest[0] if kind == "test" else ".".join(rest)
            tests.append(
                DbtTest(name=name, kind=kind, status=result["status"], failures=result.get("failures") or 0)
            )
    order = {"error": 0, "fail": 1, "warn": 2, "skipped": 3, "pass": 4}
    return sorted(tests, key=lambda test: (order.get(test.status, 0), test.kind, test.name))
