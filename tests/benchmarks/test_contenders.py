"""The three marts by floor, pandas and PostgreSQL: the same, to the øre; and the next day's delivery."""

import csv
import os
import subprocess
import sys
from collections import defaultdict
from datetime import date, timedelta
from decimal import ROUND_DOWN, Decimal
from pathlib import Path

import duckdb
import pytest

from benchmarks import floor, floor_pandas
from benchmarks.deliveries import MARTS, newest, next_day
from benchmarks.results import differences
from orchestration.settings import PROJECT_ROOT
from orchestration.synth import write
from tests.publish.postgres_server import binaries


@pytest.fixture(scope="module")
def landing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's deliveries."""
    folder = tmp_path_factory.mktemp("demo")
    write(folder, children=60, months=4, seed=1)
    return folder / "landing"


@pytest.fixture(scope="module")
def floor_marts(landing: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("floor")
    floor.make(landing, out)
    return out


def test_the_floor_has_every_krone_of_ledger_and_budget(landing: Path, floor_marts: Path):
    """Read a second way: with Python's csv, a file at a time."""
    posted, budgeted = Decimal(0), Decimal(0)
    files = newest(landing)
    for path in files.postings:
        with path.open(encoding="latin-1", newline="") as file:
            for row in csv.DictReader(file, delimiter=";"):
                amount = Decimal(row["amount"].replace(",", "."))
                posted += amount if row["debit_credit"] == "D" else -amount
    for path in files.budgets:
        with path.open(encoding="latin-1", newline="") as file:
            budgeted += sum(Decimal(row["corrected_budget"]) for row in csv.DictReader(file, delimiter=";"))
    mart = f"read_csv('{floor_marts}/mart_overrun.csv', all_varchar = true)"
    found = duckdb.execute(
        "select sum(actual_to_date::decimal(18, 2)), sum(budget_corrected::decimal(18, 2)), count(*), "
        f"count(distinct (fiscal_year, account_id)) from {mart}"
    ).fetchall()
    assert found[0][:2] == (posted, budgeted)
    assert found[0][2] == found[0][3] > 0


def test_the_cost_of_a_month_is_what_is_served_in_it(landing: Path, floor_marts: Path):
    """Day by day: a week or a fortnight of service over the turn of a month is split, and nothing is lost."""
    served: defaultdict[str, Decimal] = defaultdict(Decimal)
    with newest(landing).granted.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["fictive"] == "True":
                continue
            first = date.fromisoformat(row["date"])
            length = {"WEEKLY": 7, "BIWEEKLY": 14}.get(row["payment_schedule__payment_frequency"], 1)
            days = [first + timedelta(days=day) for day in range(length)]
            amount = Decimal(row["amount"])
            share = amount * sum(day.month == first.month for day in days) / length
            here = share.quantize(Decimal("0.01"), ROUND_DOWN)
            served[f"{first:%Y-%m}"] += here
            served[f"{days[-1]:%Y-%m}"] += amount - here
    by_month = duckdb.execute(
        "select month[:7], sum(cost_total_dkk::decimal(18, 2)) "
        f"from read_csv('{floor_marts}/mart_unit_price.csv', all_varchar = true) group by all"
    ).fetchall()
    assert len(by_month) == 30
    assert dict(by_month) == {month: served[month] for month, _ in by_month}


def test_the_floor_finds_each_kind_of_gap(floor_marts: Path):
    with (floor_marts / "mart_registration_gap.csv").open(newline="") as file:
        assert {row["rule_id"] for row in csv.DictReader(file)} == {"A01", "A03", "B05"}


def test_pandas_makes_the_same_marts(landing: Path, floor_marts: Path, tmp_path: Path):
    floor_pandas.make(landing, tmp_path)
    assert differences(floor_marts, tmp_path) == []


def test_dbt_on_postgres_makes_the_same_marts(landing: Path, floor_marts: Path, tmp_path: Path):
    if binaries() is None:
        message = "no PostgreSQL server on this machine (apt-get install postgresql)"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    # a process of its own, as in the benchmark: dbt keeps its adapter
    command = [sys.executable, "-m", "benchmarks.floor_postgres", str(landing), str(tmp_path)]
    done = subprocess.run(command, cwd=PROJECT_ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert differences(floor_marts, tmp_path) == []


@pytest.mark.parametrize(
    ("mart", "column"), [("mart_overrun", "forecast"), ("mart_unit_price", "cost_main_dkk")]
)
def test_an_oere_is_a_difference(floor_marts: Path, tmp_path: Path, mart: str, column: str):
    for name in MARTS:
        (tmp_path / f"{name}.csv").write_bytes((floor_marts / f"{name}.csv").read_bytes())
    assert differences(floor_marts, tmp_path) == []
    duckdb.execute(
        f"copy (select * replace ({column} + 0.01 as {column}) from '{floor_marts}/{mart}.csv') "
        f"to '{tmp_path}/{mart}.csv'"
    )
    assert [line.split(":")[0] for line in differences(floor_marts, tmp_path)] == [mart]


def test_the_next_day_brings_payments_and_a_new_period(landing: Path, tmp_path: Path):
    next_day(landing, tmp_path)
    before, after = newest(landing), newest(tmp_path)
    assert f"{after.as_of}" == "2022-07-01"
    names = {path.name for path in after.postings}
    assert names == {f"postings_2022-{month:02d}.csv" for month in range(1, 8)}
    assert [path.name for path in after.budgets] == ["budget_2022.csv"]

    sql = "select id, amount, paid_amount, date, paid_date, note from read_csv('{}', all_varchar = true, quote = '\"')"
    old, new = sql.format(before.granted), sql.format(after.granted)
    assert duckdb.execute(
        f"select count(*) from ({old}) old full join ({new}) new using (id) where new.note is distinct from old.note "
        "or new.amount is distinct from old.amount or new.date is distinct from old.date"
    ).fetchall() == [(0,)]
    paid = duckdb.execute(
        f"select new.paid_amount = new.amount, new.paid_date = new.date, new.date <= '2022-06-30' "
        f"from ({old}) old join ({new}) new using (id) where old.paid_date is null and new.paid_date is not null"
    ).fetchall()
    assert paid
    assert set(paid) == {(True, True, True)}

    with after.postings[-1].open(encoding="latin-1", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    known = {
        line.split(";")[0]
        for path in after.postings[:-1]
        for line in path.read_text(encoding="latin-1").splitlines()
    }
    assert rows
    assert {(row["period"], row["posted_on"], row["created_at"][:10]) for row in rows} == {
        ("007", "01.07.2022", "2022-07-01")
    }
    assert known.isdisjoint(row["posting_id"] for row in rows)
