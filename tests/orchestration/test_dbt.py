"""How dbt is called: pure functions, and what follows from its results."""

import os
import time
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration import dbt
from orchestration.errors import GateRefused

MANIFEST: dict[str, Any] = {
    "nodes": {
        "model.kobling.a": {"name": "a", "schema": "staging", "original_file_path": "models/a.sql"},
        "model.kobling.b": {"name": "b", "schema": "marts", "original_file_path": "models/b.sql"},
        "model.kobling.c": {"name": "c", "schema": "marts", "original_file_path": "models/c.sql"},
        "test.kobling.unique_b.1": {
            "name": "unique_b",
            "attached_node": "model.kobling.b",
            "depends_on": {"nodes": ["model.kobling.a", "model.kobling.b"]},
        },
        "test.kobling.b_ties.2": {
            "name": "b_ties",
            "depends_on": {"nodes": ["model.kobling.a", "model.kobling.b"]},
        },
    },
    "sources": {},
    "parent_map": {"model.kobling.b": ["model.kobling.a"], "model.kobling.c": ["model.kobling.b"]},
    "macros": {
        "macro.kobling.m": {"package_name": "kobling", "name": "m", "original_file_path": "macros/m.sql"},
        "macro.dbt.m": {"package_name": "dbt", "name": "m", "original_file_path": "macros/none.sql"},
    },
}


def result(unique_id: str, status: str, failures: int = 0, message: str = "") -> dbt.NodeResult:
    return dbt.NodeResult(unique_id, status, failures, 0.1, message)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with a dbt project's files."""
    for file in ("dbt_project.yml", "models/a.sql", "models/b.sql", "models/c.sql", "macros/m.sql"):
        path = tmp_path / file
        path.parent.mkdir(exist_ok=True)
        path.write_text("vars: {window: 1}\n" if file == "dbt_project.yml" else file)
    return tmp_path


def test_the_environment_names_the_file_and_the_rules(tmp_path: Path) -> None:
    rules = tmp_path / dbt.GAP_RULES
    rules.mkdir(parents=True)
    for name in ("gap_b02.sql", "gap_a01.sql", "gap_a01.yml"):
        (rules / name).touch()
    found = dbt.environment(Path("/home/x/kobling.duckdb"), tmp_path)
    assert found["KOBLING_WAREHOUSE"] == "/home/x/kobling.duckdb"
    assert found["KOBLING_GAP_RULES"] == "gap_a01,gap_b02"
    assert found["DBT_SEND_ANONYMOUS_USAGE_STATS"] == "false"


def test_arguments_of_a_build() -> None:
    found = dbt.arguments(
        "build",
        target="duckdb",
        logs=Path("/l"),
        root=Path("/p"),
        artifacts=Path("/a"),
        select=["+x", "y"],
        exclude_types=["test", "unit_test"],
    )
    assert found == [
        "build",
        *("--project-dir", "/p", "--profiles-dir", "/p", "--target", "duckdb"),
        *("--log-path", "/l", "--log-level", "none", "--log-level-file", "info"),
        *("--target-path", "/a"),
        *("--select", "+x", "y"),
        *("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"),
    ]
    assert "--select" not in dbt.arguments("build", target="duckdb", logs=Path("/l"))


def test_a_manifest_is_fresh_until_something_in_the_project_changes(project: Path) -> None:
    manifest = project / "target" / "manifest.json"
    assert not dbt.is_fresh(manifest, project)
    manifest.parent.mkdir()
    manifest.touch()
    later = time.time() + 10
    os.utime(manifest, (later, later))
    assert dbt.is_fresh(manifest, project)
    changed = (later + 1, later + 1)
    os.utime(project / "models" / "a.sql", changed)
    assert not dbt.is_fresh(manifest, project)
    os.utime(manifest, (later + 2, later + 2))
    # a file that went leaves its folder newer
    os.utime(project / "models", (later + 3, later + 3))
    assert not dbt.is_fresh(manifest, project)


def test_half_a_manifest_is_never_taken_for_one(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would be newer than the project, and every later run would fail on it."""

    class Parsed:
        def writable_manifest(self) -> "Parsed":
            return self

        def write(self, path: str) -> None:
            Path(path).write_text('{"nodes": {"model.kob')
            raise KeyboardInterrupt

    monkeypatch.setattr(dbt, "_parse", lambda *_: Parsed())
    monkeypatch.setattr(dbt, "_prepare_seeds", lambda *_: None)
    monkeypatch.setattr(dbt, "_compile", lambda *_: {})
    with pytest.raises(KeyboardInterrupt):
        dbt.prepare(root=project)
    assert not dbt.is_fresh(dbt.manifest_path(project), project)


@pytest.mark.parametrize(("file", "changes"), [("a", True), ("b", True), ("c", False)])
def test_the_code_version_is_that_of_the_model_and_its_ancestors(
    project: Path, file: str, changes: bool
) -> None:
    before = dbt.code_version(MANIFEST, "model.kobling.b", root=project)
    (project / "models" / f"{file}.sql").write_text("other")
    assert (dbt.code_version(MANIFEST, "model.kobling.b", root=project) != before) is changes


@pytest.mark.parametrize(
    ("file", "text"), [("macros/m.sql", "x"), ("dbt_project.yml", "vars: {window: 2}\n")]
)
def test_the_code_version_knows_macros_and_vars(project: Path, file: str, text: str) -> None:
    before = dbt.code_version(MANIFEST, "model.kobling.b", root=project)
    (project / file).write_text(text)
    assert dbt.code_version(MANIFEST, "model.kobling.b", root=project) != before


def test_a_test_belongs_to_the_table_it_is_written_at() -> None:
    nodes = MANIFEST["nodes"]
    assert dbt.tested_table(nodes["test.kobling.unique_b.1"]) == "model.kobling.b"
    assert dbt.tested_table(nodes["test.kobling.b_ties.2"]) == "model.kobling.b"


def test_failing_tests_hold_the_build_back_by_name_and_rows(tmp_path: Path) -> None:
    results = [
        result("model.kobling.b", "success"),
        result("test.kobling.b_ties.2", "warn", 4),
        result("test.kobling.unique_b.1", "fail", 12),
    ]
    with pytest.raises(GateRefused, match=r"dbt test unique_b on marts\.b: 12 rows$"):
        dbt.refuse_failed_tests(results, MANIFEST, tmp_path / "none.duckdb")
    dbt.refuse_failed_tests(results[:2], MANIFEST, tmp_path / "none.duckdb")


def test_a_failing_test_of_seeds_says_what_it_found(tmp_path: Path) -> None:
    """Only of seeds: the rows of another test may be somebody's."""
    database = tmp_path / "kobling.duckdb"
    duckdb.connect(str(database)).close()
    sql = "select * from (values ('rules 2 and 3'), ('rules 1 and 2')) as t(finding)"
    failed = dbt.NodeResult("test.kobling.unique_b.1", "fail", 2, 0.1, "", sql)
    node = MANIFEST["nodes"]["test.kobling.unique_b.1"]
    about_seeds = {**node, "config": {"meta": {"shows_finding": True}}}
    manifest = {**MANIFEST, "nodes": {**MANIFEST["nodes"], "test.kobling.unique_b.1": about_seeds}}
    with pytest.raises(GateRefused, match=r"on marts\.b: 2 rows \(rules 1 and 2\)$"):
        dbt.refuse_failed_tests([failed], manifest, database)
    with pytest.raises(GateRefused, match=r"on marts\.b: 2 rows$"):
        dbt.refuse_failed_tests([failed], MANIFEST, database)


def test_a_model_that_cannot_be_built_is_no_matter_of_the_gate() -> None:
    message = (
        "Compilation Error in model b (models/b.sql)\n  'x' is undefined\n\n  > in macro y (macros/m.sql)"
    )
    with pytest.raises(
        dbt.DbtError, match=r"dbt model b: Compilation Error in model b .* 'x' is undefined$"
    ) as error:
        dbt.refuse_broken([result("model.kobling.b", "error", message=message)])
    assert error.value.exit_status == 2
    assert "\n" not in str(error.value)


def test_accounts_that_share_a_checkout_keep_what_they_parse_apart(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DBT_TARGET_PATH", str(tmp_path))
    for path in (
        dbt.manifest_path(),
        dbt.compiled_path(),
        dbt.seeds_path(),
        Path(dbt._parsing(tmp_path / "x").lock_file),
    ):
        assert path.is_relative_to(tmp_path)
