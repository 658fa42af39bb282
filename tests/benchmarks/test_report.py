"""What the measurements say, on measurements that are made up; and that a process is measured at all."""

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks import report
from benchmarks.measure import measure

GIGABYTE = 2**30


def row(
    contender: str, postings: int, wall: float, phase: str = "whole", status: str = "ok"
) -> dict[str, Any]:
    return {
        "contender": contender,
        "postings": postings,
        "phase": phase,
        "wall": wall,
        "cpu": wall,
        "peak_mb": 1000,
        "status": status,
    }


ROWS = [
    *(row("floor", 1_000_000, wall) for wall in (19.0, 20.0, 90.0)),
    row("pandas", 1_000_000, 50.0),
    row("kobling", 1_000_000, 60.0),
    row("kobling", 1_000_000, 10.0, "ingest"),
    row("kobling", 1_000_000, 15.0, "build_models"),
    row("kobling", 1_000_000, 30.0, "publication"),
    row("kobling next day", 1_000_000, 12.0),
]


def test_ratios_are_of_medians_and_name_their_targets():
    found = {ratio.name: (ratio.value, ratio.verdict) for ratio in report.ratios(ROWS)}
    assert found == {
        "ingest + dbt build / floor": (1.25, "met"),
        "whole run / floor": (3.0, "missed"),
        "whole run / pandas": (1.2, "missed"),
        "next day / whole run": (0.2, "met"),
        "pandas / floor": (2.5, ""),
    }


def test_what_failed_is_in_no_ratio_and_in_the_table():
    rows = [*ROWS, row("postgres", 1_000_000, 5.0, status="out of memory")]
    assert report.ratios(rows) == report.ratios(ROWS)
    [line] = [line for line in report.tables(rows) if "| postgres |" in line and "out of memory" in line]
    assert line.startswith("| 1,000,000 ")


@pytest.mark.parametrize(("value", "told"), [(3.74, 0), (3.76, 1)])
def test_a_ratio_is_worse_beyond_the_tolerance(value: float, told: int):
    before = {"1000000": {"whole run / floor": 3.0}}
    found = [report.Ratio("whole run / floor", 1_000_000, value, target=2.0)]
    assert len(report.worse(found, before, tolerance_pct=25)) == told


def test_a_ratio_that_is_not_stored_is_told():
    found = [report.Ratio("whole run / floor", 5, 1.0, target=2.0)]
    assert report.worse(found, {}, tolerance_pct=25)
    assert report.worse(found, report.stored(found), tolerance_pct=25) == []


@pytest.mark.parametrize(
    ("seconds", "exponent"),
    [
        ({1_000: 10.0, 10_000: 100.0, 100_000: 1_000.0}, 1.0),
        ({1_000: 10.0, 10_000: 1_000.0}, 2.0),
        ({1_000: 0.5, 10_000: 100.0}, None),
        ({1_000: 10.0, 10_000: None}, None),
    ],
)
def test_growth_is_the_slope_of_the_logarithms(seconds: dict[int, float | None], exponent: float | None):
    assert report.growth(seconds) == (None if exponent is None else pytest.approx(exponent))


def test_the_parts_of_the_demo_sum_to_the_whole():
    rows = [
        row("demo", 0, 20.0),
        row("demo", 0, 6.0, "start and end"),
        row("demo", 0, 14.0, "ingest"),
        row("imports", 0, 3.0),
        row("definitions", 0, 4.0),
    ]
    cells = [line.strip("| ").split(" | ") for line in report.tables(rows)]
    seconds = {row[0]: float(row[1]) for row in cells if len(row) in {2, 3} and row[1][0].isdigit()}
    assert seconds == {
        "imports (Python, Dagster, dbt)": 3.0,
        "definitions (manifest, assets)": 1.0,
        "step ingest": 14.0,
        "Dagster's own, between and after the steps": 2.0,
        "whole": 20.0,
    }


def run(tmp_path: Path, code: str, memory_limit: int = 4 * GIGABYTE):
    return measure([sys.executable, "-c", code], tmp_path / "log", memory_limit, os.environ)


def test_a_process_counts_with_those_below_it(tmp_path: Path):
    work = "block = bytearray(200_000_000); sum(i * i for i in range(3_000_000))"
    measured = run(
        tmp_path, f"import subprocess, sys; subprocess.run([sys.executable, '-c', {work!r}]); print('said')"
    )
    assert measured.status == "ok"
    assert measured.peak_mb >= 190
    assert 0.05 < measured.cpu <= measured.wall * 2
    assert (tmp_path / "log").read_text() == "said\n"


def test_memory_beyond_the_limit_is_no_failure_of_the_benchmark(tmp_path: Path):
    work = "import time; time.sleep(0.2); bytearray(3_000_000_000)"
    assert run(tmp_path, work, memory_limit=GIGABYTE).status == "out of memory"
    assert run(tmp_path, "import os; os.kill(os.getpid(), 9)").status == "out of memory"
    assert run(tmp_path, "raise SystemExit('no')").status == "failed"


def test_imports_are_summed_by_package_without_what_they_import():
    log = (
        "import time: self [us] | cumulative | imported package\n"
        "import time:       200 |        300 |   dbt.cli\n"
        "import time:   1000000 |    1000500 | dagster\n"
        "import time:       300 |        300 | dbt\n"
        "kobling: a line of the run\n"
    )
    assert report.import_seconds(log) == {"dagster": 1.0, "dbt": pytest.approx(0.0005), "others": 0}
