"""Made-up deliveries with planted assumptions: what was planted as off is to be reported, and nothing else."""

import csv
import subprocess
import sys
from datetime import date
from pathlib import Path

import duckdb
import pytest

from orchestration import synth, warehouse
from orchestration.ingest import ingest, load_deliveries
from orchestration.settings import load_settings

pytestmark = pytest.mark.slow

KINDS = {"firma": "company", "person": "person", "intern": "internal", "": "all"}


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> duckdb.DuckDBPyConnection:
    """The warehouse of the last delivery, as far as the assumptions and rule E08 need it."""
    monkeypatch.setenv("KOBLING_HOME", str(tmp_path))
    monkeypatch.setenv("KOBLING_LANDING", str(tmp_path / "landing"))
    monkeypatch.setenv("KOBLING_PSEUDONYM_KEY", "a synthetic key for tests only")
    synth.write(tmp_path, children=40, months=3, seed=7)
    settings = load_settings()
    assert ingest(settings).refused == []
    deliveries = load_deliveries(settings.lake_path)
    warehouse.prepare(settings, date(2022, 6, 30), settings.warehouse_path, deliveries)
    program = Path(sys.executable).with_name("kobling")
    selected = ["--select", "+mart_budget_assumption", "gap_e08"]
    # many a test of what is selected reads a neighbour that is not
    command = [
        str(program),
        "dbt",
        "--quiet",
        "build",
        *selected,
        "--exclude-resource-type",
        "test",
        "unit_test",
    ]
    subprocess.run(command, check=True, capture_output=True)
    return duckdb.connect(str(settings.warehouse_path), read_only=True)


def test_what_was_planted_as_off_is_to_be_reported(built: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    with (tmp_path / "truth" / "budget_assumptions.csv").open(encoding="utf-8", newline="") as handle:
        truth = {
            (row["activity_no"], KINDS[row["provider_kind"]], row["target_group"] or "all"): row[
                "is_reportable"
            ]
            == "True"
            for row in csv.DictReader(handle)
        }
    found = built.execute("""
        select activity_no, provider_kind, target_group, is_reportable
        from marts.mart_budget_assumption
        where is_assumed
    """).fetchall()
    assert {tuple(row[:3]): row[3] for row in found} == truth
    assert set(truth.values()) == {True, False}
    # rule E08 asks for the same, one gap an assumption
    keys = built.execute("select business_key from intermediate.gap_e08").fetchall()
    off = {assumption for assumption, is_reportable in truth.items() if is_reportable}
    assert {key for (key,) in keys} == {
        "|".join(["2022", *("*" if part == "all" else part for part in assumption)]) for assumption in off
    }
    assert len(keys) == len(off)
