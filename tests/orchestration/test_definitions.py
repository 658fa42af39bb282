"""Dagster's definitions: they load, and what others rely on has its name."""

import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from orchestration import dbt, jobs
from orchestration.assets.models import group
from orchestration.definitions import PUBLISHED_SCHEMAS
from orchestration.ingest import ENTITIES
from orchestration.settings import PROJECT_ROOT

OUR_KEYS = {
    "landing/bos",
    "landing/ledger",
    "landing/plan",
    "landing/kmd_opus",
    *(f"lake/{entity}" for entity in ENTITIES),
    "lake/deliveries",
    "control/run",
    "control/delivery",
    "control/delivery_file",
    "control/holiday",
    "control/observation_date",
    "control/gap_observation",
    "control/forecast_observation",
    "control/component_observation",
    "control/course_state_observation",
    "control/month_observation",
    "control/outlook_observation",
    "gate/lake",
    "gate/marts",
    "observations",
    "publication",
    "publication/postgres",
}


@pytest.fixture(scope="module")
def graph(definitions: dg.Definitions) -> Any:
    return definitions.resolve_asset_graph()


def ancestors(graph: Any, key: str) -> set[str]:
    found: set[str] = set()
    waiting = [dg.AssetKey.from_user_string(key)]
    while waiting:
        for parent in graph.get(waiting.pop()).parent_keys:
            if parent.to_user_string() not in found:
                found.add(parent.to_user_string())
                waiting.append(parent)
    return found


def test_the_definitions_are_whole(definitions: dg.Definitions) -> None:
    dg.Definitions.validate_loadable(definitions)


def test_asset_keys(graph: Any) -> None:
    keys = {key.to_user_string() for key in graph.get_all_asset_keys()}
    assert keys >= OUR_KEYS
    models = {
        f"{node['schema']}/{node['name']}"
        for node in dbt.manifest()["nodes"].values()
        if node["resource_type"] in ("model", "seed")
    }
    assert keys == OUR_KEYS | models


def test_a_publication_comes_from_landing_through_both_gates(graph: Any) -> None:
    found = ancestors(graph, "publication")
    assert {
        "landing/ledger",
        "landing/plan",
        "lake/posting",
        "gate/lake",
        "staging/stg_ledger__posting",
        "gate/marts",
    } <= found
    # dbt begins after the lake's gate, which begins after ingest
    assert "gate/lake" in ancestors(graph, "marts/mart_registration_gap")
    assert "lake/deliveries" in ancestors(graph, "gate/lake")


def test_every_asset_has_a_group_and_a_description(graph: Any) -> None:
    nodes = [graph.get(key) for key in graph.get_all_asset_keys()]
    assert {node.group_name for node in nodes} >= {
        "landing",
        "lake",
        "warehouse",
        "gate",
        "publication",
        "staging",
    }
    assert [node.key.to_user_string() for node in nodes if node.group_name == "default"] == []
    assert [node.key.to_user_string() for node in nodes if not node.description] == []


def test_every_published_table_is_checked(graph: Any) -> None:
    checked = {key.asset_key.to_user_string() for key in graph.asset_check_keys if key.name == "expectations"}
    published = {
        f"{node['schema']}/{node['name']}"
        for node in dbt.manifest()["nodes"].values()
        if node["resource_type"] == "model" and node["schema"] in PUBLISHED_SCHEMAS
    }
    assert checked == published | {f"lake/{entity}" for entity in ENTITIES}


def test_the_lake_is_checked_before_dbt(graph: Any) -> None:
    blocking = {
        key.asset_key.to_user_string()
        for key in graph.asset_check_keys
        if key.name == "expectations" and graph.get(key).blocking
    }
    assert blocking == {f"lake/{entity}" for entity in ENTITIES}


def test_dbt_tests_are_one_check_a_table(graph: Any) -> None:
    manifest = dbt.manifest()
    tested = {
        dbt.tested_table(node) for node in manifest["nodes"].values() if node["resource_type"] == "test"
    } - {None}
    checks = [key for key in graph.asset_check_keys if key.name == "dbt_tests"]
    assert len(checks) == len(tested)


def test_jobs_run_everything_in_one_process(definitions: dg.Definitions) -> None:
    for name in ("kobling", "kobling_month_end"):
        job = definitions.resolve_job_def(name)
        assert job.executor_def is dg.in_process_executor
        assert {node.name for node in job.graph.nodes} == {
            "ingest",
            "control",
            "lake_gate",
            "observed",
            "build_models",
            "observations",
            "marts_gate",
            "publication",
            "publication__postgres",
        }


def test_the_schedule_is_every_morning_in_denmark(definitions: dg.Definitions) -> None:
    schedule = definitions.resolve_schedule_def("daily")
    assert schedule.cron_schedule == "30 5 * * *"
    assert schedule.execution_timezone == "Europe/Copenhagen"
    assert schedule.job_name == "kobling"


@pytest.mark.parametrize(
    ("month", "last"),
    [("2022-02-01", "2022-02-28"), ("2024-02-01", "2024-02-29"), ("2022-12-01", "2022-12-31")],
)
def test_a_month_of_the_partitions_page_is_rebuilt_as_of_its_last_day(
    definitions: dg.Definitions, month: str, last: str
) -> None:
    job = definitions.resolve_job_def("kobling_month_end")
    assert job.partitioned_config is not None
    config = job.partitioned_config.get_run_config_for_partition_key(month)
    assert config == {"ops": {"control": {"config": {"as_of": last}}}, **jobs.LOGGED}
    dg.validate_run_config(job, config)


def test_the_configuration_of_a_run_is_one_date(definitions: dg.Definitions) -> None:
    job = definitions.resolve_job_def("kobling")
    dg.validate_run_config(job, jobs.as_of_config(date(2022, 3, 31)))
    dg.validate_run_config(job, jobs.as_of_config(None))


@pytest.mark.parametrize(
    ("fqn", "kind", "expected"),
    [
        (["kobling", "staging", "bos", "stg_x"], "model", "staging"),
        (["kobling", "intermediate", "gap", "rules", "x"], "model", "intermediate"),
        (["kobling", "marts", "overrun", "mart_x"], "model", "marts_overrun"),
        (["kobling", "frame"], "seed", "seeds"),
    ],
)
def test_groups_come_from_folders(fqn: list[str], kind: str, expected: str) -> None:
    assert group({"resource_type": kind, "fqn": fqn}) == expected


def test_nothing_is_read_at_import(tmp_path: Path) -> None:
    """Every module of the orchestration can be imported without environment, manifest or connection."""
    code = (
        "import os, sys; os.environ.clear(); sys.dont_write_bytecode = True\n"
        "def refuse(event, args):\n"
        "    if event == 'open' and 'manifest.json' in str(args[0]): raise SystemExit('reads the manifest')\n"
        "    if event in ('socket.connect', 'duckdb.connect'): raise SystemExit(event)\n"
        "sys.addaudithook(refuse)\n"
        "import orchestration.definitions, orchestration.execution"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT_ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
