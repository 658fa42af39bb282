"""What dbt knows of the published tables and of its own tests, read from its artifacts.

Belongs here: descriptions from `manifest.json`, outcomes from `run_results.json`, as small models of ours.
Does not: messages of tests; they can quote a value.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from orchestration.dbt import read_artifact


class TableDoc(BaseModel):
    """A model's description, and those of its columns."""

    model_config = ConfigDict(frozen=True)

    name: str
    schema_name: str
    description: str
    columns: dict[str, str]
    folder: str = ""
    """The folder of its SQL file, which is its subject."""
    key: list[str] = []
    """The columns that a dbt test says are unique together; of several keys the shortest."""
    is_key_nullable: bool = False
    """Whether one of them may be empty."""


class DbtTest(BaseModel):
    """The outcome of one dbt test, data test or unit test, and what it is about."""

    model_config = ConfigDict(frozen=True)

    name: str
    kind: str
    """`test` or `unit_test`"""
    status: str
    """`pass`, `warn`, `fail`, `error` or `skipped`"""
    failures: int
    what: str = "singular"
    """The generic test, `singular` or `unit_test`."""
    table: str = ""
    folder: str = ""
    columns: list[str] = []
    values: list[str] = []
    to: str = ""
    """The table that a reference has to be found in."""
    description: str = ""
    harms: list[str] = []
    """Published tables that are made of the tested one."""


def read_docs(manifest: Path | None) -> dict[str, TableDoc]:
    """Model name → description, of every model in dbt's manifest; none where there is no manifest."""
    if manifest is None or not manifest.is_file():
        return {}
    nodes = read_artifact(manifest)["nodes"].values()
    tests = _column_tests(nodes)
    return {
        node["name"]: TableDoc(
            name=node["name"],
            schema_name=node["schema"],
            description=" ".join(node["description"].split()),
            columns={
                column["name"]: " ".join(column["description"].split()) for column in node["columns"].values()
            },
            folder=_folder(node),
            **_key(tests[node["name"]]),
        )
        for node in nodes
        if node["resource_type"] == "model"
    }


def _column_tests(nodes: Iterable[Mapping[str, Any]]) -> defaultdict[str, list[tuple[str, list[str]]]]:
    """Model name → its generic tests of columns: name, columns."""
    found: defaultdict[str, list[tuple[str, list[str]]]] = defaultdict(list)
    for node in nodes:
        metadata = node.get("test_metadata")
        if metadata and node.get("attached_node") and not node.get("config", {}).get("where"):
            arguments = metadata.get("kwargs", {})
            columns = arguments.get("columns") or [arguments.get("column_name")]
            found[node["attached_node"].split(".")[-1]].append((metadata["name"], columns))
    return found


def _key(tests: Sequence[tuple[str, list[str]]]) -> dict[str, Any]:
    keys = [columns for name, columns in tests if name in ("unique", "unique_combination")]
    if not keys:
        return {}
    key = min(keys, key=lambda columns: (len(columns), columns))
    filled = {column for name, columns in tests if name in ("not_null", "never_null") for column in columns}
    return {"key": key, "is_key_nullable": not filled.issuperset(key)}


def read_tests(run_results: Path | None, manifest: Path | None = None) -> list[DbtTest]:
    """The tests of dbt's last run, failing ones first; none where there is no file."""
    if run_results is None or not run_results.is_file():
        return []
    known = read_artifact(manifest) if manifest and manifest.is_file() else {}
    tests = []
    for result in json.loads(run_results.read_bytes())["results"]:
        kind, _, *rest = result["unique_id"].split(".")
        if kind in ("test", "unit_test"):
            # a data test's id ends with a hash; a unit test's is model.name
            name = rest[0] if kind == "test" else ".".join(rest)
            tests.append(
                DbtTest(
                    name=name,
                    kind=kind,
                    status=result["status"],
                    failures=result.get("failures") or 0,
                    **_about(result["unique_id"], known),
                )
            )
    order = {"error": 0, "fail": 1, "warn": 2, "skipped": 3, "pass": 4}
    return sorted(tests, key=lambda test: (order.get(test.status, 0), test.kind, test.name))


def _about(unique_id: str, manifest: Mapping[str, Any]) -> dict[str, Any]:
    """What a test is about, of dbt's manifest."""
    nodes = manifest.get("nodes", {}) | manifest.get("sources", {})
    test = nodes.get(unique_id) or manifest.get("unit_tests", {}).get(unique_id)
    if test is None:
        return {}
    metadata = test.get("test_metadata") or {}
    arguments = metadata.get("kwargs", {})
    # a test of several tables counts for the one nearest to the reader
    read = [name for name in test["depends_on"]["nodes"] if name in nodes]
    tested = test.get("attached_node") or max(read, key=_nearness, default=None)
    node = nodes.get(tested, {})
    return {
        "what": metadata.get("name") or ("unit_test" if unique_id.startswith("unit_test.") else "singular"),
        "table": node.get("name", ""),
        "folder": _folder(node),
        "columns": arguments.get("columns") or [name for name in [test.get("column_name")] if name],
        "values": [str(value) for value in arguments.get("values", [])],
        "to": "".join(re.findall(r"'([^']+)'\)", arguments.get("to", ""))),
        "description": " ".join((test.get("description") or "").split()),
        "harms": _made_of(tested, manifest),
    }


def _nearness(unique_id: str) -> tuple[int, str]:
    name = unique_id.split(".")[-1]
    prefixes = ("stg_", "int_", "dim_", "fct_", "mart_")
    return next((rank for rank, prefix in enumerate(prefixes) if name.startswith(prefix)), 0), name


def _made_of(unique_id: str | None, manifest: Mapping[str, Any]) -> list[str]:
    """The published tables among a node and all that is made of it."""
    children, nodes = manifest.get("child_map", {}), manifest.get("nodes", {})
    found: set[str] = set()
    waiting = [unique_id] if unique_id else []
    while waiting:
        one = waiting.pop()
        if one not in found and one.startswith(("model.", "seed.")):
            found.add(one)
            waiting.extend(children.get(one, []))
    return sorted(
        nodes[one]["name"] for one in found if nodes.get(one, {}).get("schema") in ("marts", "steward")
    )


def _folder(node: Mapping[str, Any]) -> str:
    """`staging`, `seed`, or the subject's folder."""
    if node.get("resource_type") == "seed":
        return "seed"
    path = node.get("fqn", [])
    return path[1] if path[1:2] == ["staging"] else path[2] if len(path) > 3 else ""
