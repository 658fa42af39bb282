"""The rules of the dbt project that a machine can see, read from dbt's manifest: names, layers, keys, descriptions.

A rule that has an exception lists it here with the reason; a list may shrink, not grow.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from orchestration import dbt
from orchestration.settings import PROJECT_ROOT

PUBLISHED = ("marts", "steward")

NAMES = {
    "staging": r"stg_(?P<folder>[a-z]+)__[a-z_]+",
    "intermediate": r"int_[a-z_]+__[a-z0-9_]+|gap_[a-z][0-9]{2}",
    "marts": r"(dim|fct|mart|steward)_[a-z_]+",
}

# What a model of a layer may read. Core facts and dimensions are shared steps too, so intermediate models may read
# them; a mart that others rest on would hide a step.
MAY_READ = {
    "staging": {"source", "seed"},
    "intermediate": {"staging", "intermediate", "core"},
    "core": {"staging", "intermediate", "core"},
    "mart": {"staging", "intermediate", "core", "mart"},
}

# Rules that watch what is published: the mart is what they are about.
WATCHED_MARTS = {
    "gap_e08": "mart_budget_assumption_month",
    "gap_e09": "mart_overrun_frame",
    "gap_e11": "mart_overrun",
}

SUFFIX_TYPES = {
    "_on": "date",
    "_at": "timestamp",
    "_dkk": "decimal(18,2)",
    "_id": "varchar",
    "_key": "varchar",
}

HOMONYMS = {
    "method": "the interface's name of a part of the bridge (money) and of a back-tested method (text)",
    "new_courses": "the interface's name of a part of the bridge (money) and of a number of courses",
}

CLOCK = re.compile(
    r"\b(current_date|current_timestamp|localtimestamp|now\s*\(|today\s*\(|get_current_)", re.IGNORECASE
)
# a CTE that is another table, whole
IMPORT = re.compile(
    r"^(\w+) as \(\s+select \* from \{\{ ref\('(?!stg_control__|stg_reference__)\w+'\) \}\}\s+\)",
    re.MULTILINE,
)
FLOAT = re.compile(r"::\s*(double|float|real)\b|\bas\s+(double|float|real)\s*\)", re.IGNORECASE)


@pytest.fixture(scope="module")
def manifest() -> Mapping[str, Any]:
    dbt.prepare()
    return dbt.manifest()


@pytest.fixture(scope="module")
def models(manifest: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]


@pytest.fixture(scope="module")
def published(models: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [model for model in models if model["schema"] in PUBLISHED]


def layer(node: Mapping[str, Any]) -> str:
    """`source`, `seed`, `staging`, `intermediate`, `core` (dimensions and facts) or `mart`."""
    if node["resource_type"] != "model":
        return str(node["resource_type"])
    if node["fqn"][1] != "marts":
        return str(node["fqn"][1])
    return "core" if node["name"].startswith(("dim_", "fct_")) else "mart"


def without_comments(sql: str) -> str:
    return re.sub(r"\{#.*?#\}|--[^\n]*|/\*.*?\*/", "", sql, flags=re.DOTALL)


def sql_files() -> Iterator[Path]:
    for folder in ("models", "macros"):
        yield from (PROJECT_ROOT / folder).rglob("*.sql")


def test_names_say_the_layer(models: list[Mapping[str, Any]]) -> None:
    wrong = []
    for model in models:
        match = re.fullmatch(NAMES[model["fqn"][1]], model["name"])
        if not match or (match.groupdict().get("folder") or model["fqn"][2]) != model["fqn"][2]:
            wrong.append(model["original_file_path"])
    assert wrong == []


def test_nothing_asks_for_more_than_our_build_does(manifest: Mapping[str, Any]) -> None:
    """What `orchestration/build.py` executes: seeds, views, tables without hooks, and tests."""
    wrong = []
    for name, node in manifest["nodes"].items():
        config = node["config"]
        wrong += [f"{name}: {hook}" for hook in ("pre-hook", "post-hook") if config.get(hook)]
        wrong += [f"{name}: {option}" for option in ("limit", "store_failures") if config.get(option)]
        if config["materialized"] not in ("seed", "view", "table", "test"):
            wrong.append(f"{name}: {config['materialized']}")
        if node["resource_type"] == "test" and (config["warn_if"], config["error_if"]) != ("!= 0", "!= 0"):
            wrong.append(f"{name}: another condition than that there are none")
    assert wrong == []


def test_layers_read_downwards_only(manifest: Mapping[str, Any], models: list[Mapping[str, Any]]) -> None:
    nodes = {**manifest["nodes"], **manifest["sources"]}
    wrong = [
        f"{model['name']} ({layer(model)}) reads {nodes[parent]['name']} ({layer(nodes[parent])})"
        for model in models
        for parent in model["depends_on"]["nodes"]
        if layer(nodes[parent]) not in MAY_READ[layer(model)]
        and nodes[parent]["name"] != WATCHED_MARTS.get(model["name"])
    ]
    assert wrong == []


def test_every_model_has_its_yaml_beside_it(models: list[Mapping[str, Any]]) -> None:
    """One file a model, of the same name."""
    wrong = [
        model["original_file_path"]
        for model in models
        if (model["patch_path"] or "").removeprefix("kobling://")
        != str(Path(model["original_file_path"]).with_suffix(".yml"))
    ]
    assert wrong == []


def test_every_model_says_its_grain(models: list[Mapping[str, Any]]) -> None:
    assert [model["name"] for model in models if len(model["description"].split()) < 4] == []


def test_what_is_published_has_an_enforced_contract(published: list[Mapping[str, Any]]) -> None:
    assert [model["name"] for model in published if not model["contract"]["enforced"]] == []
    assert [
        f"{model['name']}.{column['name']}"
        for model in published
        for column in model["columns"].values()
        if not column["data_type"]
    ] == []


def test_every_published_column_is_described(published: list[Mapping[str, Any]]) -> None:
    assert [
        f"{model['name']}.{column['name']}"
        for model in published
        for column in model["columns"].values()
        if len(column["description"].split()) < 2
    ] == []


def test_every_published_table_has_a_tested_key(
    manifest: Mapping[str, Any], published: list[Mapping[str, Any]]
) -> None:
    keyed = {
        test["attached_node"]
        for test in manifest["nodes"].values()
        if test["resource_type"] == "test"
        and (test.get("test_metadata") or {}).get("name") in ("unique", "unique_combination")
    }
    assert [model["name"] for model in published if model["unique_id"] not in keyed] == []


def test_every_formula_has_a_unit_test(manifest: Mapping[str, Any], models: list[Mapping[str, Any]]) -> None:
    """Marts and gap rules compute; each has at least one unit test."""
    tested = {node for test in manifest["unit_tests"].values() for node in test["depends_on"]["nodes"]}
    computing = [model for model in models if layer(model) == "mart" or model["name"].startswith("gap_")]
    assert [model["name"] for model in computing if model["unique_id"] not in tested] == []


def test_suffixes_say_the_type(published: list[Mapping[str, Any]]) -> None:
    wrong = []
    for model in published:
        for column in model["columns"].values():
            type_ = column["data_type"].lower().replace(" ", "")
            suffix = next((suffix for suffix in SUFFIX_TYPES if column["name"].endswith(suffix)), None)
            if suffix and type_ != SUFFIX_TYPES[suffix]:
                wrong.append(f"{model['name']}.{column['name']}: {type_}")
            if column["name"].startswith(("is_", "has_")) and type_ != "boolean":
                wrong.append(f"{model['name']}.{column['name']}: {type_}")
            if type_ in ("double", "float", "real"):
                wrong.append(f"{model['name']}.{column['name']}: {type_}")
    assert wrong == []


def test_the_same_column_has_the_same_type_everywhere(published: list[Mapping[str, Any]]) -> None:
    types: dict[str, set[str]] = {}
    for model in published:
        for column in model["columns"].values():
            types.setdefault(column["name"], set()).add(column["data_type"].lower().replace(" ", ""))
    assert {name for name, found in types.items() if len(found) > 1} == HOMONYMS.keys()


def test_no_private_column_is_published_outside_the_steward_part(published: list[Mapping[str, Any]]) -> None:
    from orchestration.publish.privacy import private_columns

    assert {
        model["name"]: found
        for model in published
        if model["schema"] != "steward" and (found := private_columns(model["columns"]))
    } == {}


def test_no_model_reads_the_clock() -> None:
    assert [str(path) for path in sql_files() if CLOCK.search(without_comments(path.read_text()))] == []


def test_no_model_computes_in_floating_point() -> None:
    assert [str(path) for path in sql_files() if FLOAT.search(without_comments(path.read_text()))] == []


def test_a_table_that_is_read_twice_is_no_cte() -> None:
    """DuckDB writes down a CTE with two readers: here a copy of the table, in memory. A few rows may be copied."""
    wrong = []
    for path in [*sql_files(), *(PROJECT_ROOT / "tests/dbt").glob("*.sql")]:
        sql = without_comments(path.read_text(encoding="utf-8"))
        for name in IMPORT.findall(sql):
            if len(re.findall(rf"(?<!distinct )\b(?:from|join) {name}\b", sql)) > 1:
                wrong.append(f"{path.name}: {name}")
    assert wrong == []


def test_every_gap_rule_is_a_file_and_a_seed_row(manifest: Mapping[str, Any]) -> None:
    """The hits are of every rule file, whatever its name; the seed knows each of them."""
    below = dbt.ancestors(manifest, "model.kobling.int_gap__rule_hit")
    assert [name for name in dbt.gap_rules() if f"model.kobling.{name}" not in below] == []
    seed = (PROJECT_ROOT / "seeds" / "gap_rule.csv").read_text(encoding="utf-8")
    assert [name for name in dbt.gap_rules() if name.removeprefix("gap_").upper() not in seed] == []


def test_telemetry_is_off_in_files() -> None:
    project = yaml.safe_load((PROJECT_ROOT / "dbt_project.yml").read_bytes())
    assert project["flags"]["send_anonymous_usage_stats"] is False
    instance = yaml.safe_load((PROJECT_ROOT / "orchestration" / "dagster.yaml").read_bytes())
    assert instance["telemetry"]["enabled"] is False


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_locks_name_versions_and_no_hosts(lock: str) -> None:
    lines = (PROJECT_ROOT / lock).read_text().splitlines()
    assert [line for line in lines if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!]+", line)] == []


def test_the_runtime_lock_is_part_of_the_development_lock() -> None:
    runtime, development = (
        set((PROJECT_ROOT / name).read_text().splitlines())
        for name in ("requirements.lock", "requirements-dev.lock")
    )
    assert runtime - development == set()
