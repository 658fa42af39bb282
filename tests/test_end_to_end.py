"""The main job on the shared extracts of the real case system, against totals read independently and planted truth.

One home serves them (fixture `home`). What was planted for the rules is measured in tests/gap.
"""

import csv
import gzip
import json
import re
from collections import defaultdict
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from zipfile import ZipFile

import duckdb
import pytest

from tests.home import AS_OF, Home, kobling

pytestmark = [pytest.mark.shared, pytest.mark.slow]


def amount(text: str) -> Decimal:
    return Decimal(text.replace(",", "."))


def ledger_by_year(landing: Path, as_of: str) -> dict[int, Decimal]:
    """Posted money per fiscal year, read from the CSV files with nothing of the product's."""
    newest: dict[str, Path] = {}
    for folder in sorted((landing / "ledger").iterdir()):
        if folder.name <= as_of:
            newest.update({file.name: file for file in folder.glob("postings_*.csv")})
    totals: dict[int, Decimal] = defaultdict(Decimal)
    for file in newest.values():
        with file.open(encoding="cp1252", newline="") as handle:
            for row in csv.DictReader(handle, delimiter=";"):
                posted_on = datetime.strptime(row["posted_on"], "%d.%m.%Y").date()  # noqa: DTZ007
                if posted_on <= date.fromisoformat(as_of):
                    sign = 1 if row["debit_credit"] == "D" else -1
                    totals[int(row["fiscal_year"])] += sign * amount(row["amount"])
    return dict(totals)


@pytest.mark.parametrize("as_of", AS_OF)
def test_every_krone_of_the_ledger_is_in_the_overrun(home: Home, shared_data: Path, as_of: str):
    marts = home.query(as_of, "select fiscal_year, sum(actual_to_date) from marts.mart_overrun group by 1")
    assert dict(marts) == ledger_by_year(shared_data / "landing", as_of)


def test_last_years_result_is_the_truths(home: Home, shared_data: Path):
    with (shared_data / "truth" / "ledger_totals.csv").open(encoding="utf-8") as handle:
        truth = {row["what"]: Decimal(row["amount"]) for row in csv.DictReader(handle)}
    [(actual, budget, overrun, status)] = home.query(
        "2022-06-30",
        "select sum(actual_to_date), sum(budget_corrected), sum(expected_overrun), max(year_status) "
        "from marts.mart_overrun where fiscal_year = 2021",
    )
    assert (actual, budget, overrun) == (
        truth["actual_2021"],
        truth["budget_2021_corrected"],
        truth["overrun_2021"],
    )
    assert status == "final"


@pytest.mark.parametrize("as_of", AS_OF)
def test_commitments_are_the_granted_report(home: Home, shared_data: Path, as_of: str):
    """Granted, not fictive and planned after the as-of date and up to the year's end: nothing of it is posted yet."""
    file = shared_data / "landing" / "bos" / as_of / "granted_payments_3.csv.gz"
    with gzip.open(file, "rt", encoding="utf-8", newline="") as handle:
        expected = sum(
            Decimal(row["amount"])
            for row in csv.DictReader(handle)
            if row["fictive"] == "False" and as_of < row["date"] <= f"{as_of[:4]}-12-31"
        )
    [(committed, posted)] = home.query(
        as_of,
        f"""
        select coalesce(sum(granted_dkk), 0), coalesce(sum(granted_dkk - left_dkk), 0)
        from marts.fct_course_payment
        where is_current and not is_fictive and granted_dkk is not null
            and planned_on > date '{as_of}' and year(planned_on) = {as_of[:4]}
        """,
    )
    [(remaining, on_hold)] = home.query(
        as_of,
        f"""
        select sum(committed_remaining), sum(price_hold_dkk)
        from marts.mart_overrun where fiscal_year = {as_of[:4]}
        """,
    )
    assert committed == expected
    # less what was paid ahead of the planned day, and implausible prices; some of what is on hold is due already
    assert 0 <= expected - posted - remaining <= on_hold
    assert remaining > 0 or as_of.endswith("12-31")


def test_current_stays_with_the_latest_as_of(home: Home):
    assert (home.path / "published" / "current").resolve() == home.publication("2022-06-30").resolve()
    listed = kobling(home.path, home.path, "publications").stdout.splitlines()[1:]
    # newest built first
    assert [line.split()[1] for line in listed] == AS_OF[::-1]
    assert [line.split()[1] for line in listed if line.endswith("current")] == ["2022-06-30"]
    assert kobling(home.path, home.path, "verify").returncode == 0


def test_the_same_date_again_gives_equal_tables(home: Home, shared_data: Path):
    again = kobling(home.path, shared_data / "landing", "run", "--as-of", "2022-03-31")
    assert again.returncode == 0, again.stderr
    first, second = (
        {path.name: path.read_bytes() for path in sorted((folder / "parquet").iterdir())}
        for folder in (home.publication("2022-03-31"), Path(again.stdout.splitlines()[0]))
    )
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] != second[name]] == []


def test_a_past_date_says_what_was_known_then(home: Home, shared_data: Path, tmp_path: Path):
    """As of 2021-12-31 rebuilt beside later deliveries = built when there were no others."""
    landing = tmp_path / "landing"
    for source in ("bos", "ledger"):
        (landing / source).mkdir(parents=True)
        (landing / source / "2021-12-31").symlink_to(shared_data / "landing" / source / "2021-12-31")
    then = kobling(tmp_path / "home", landing, "run")
    assert then.returncode == 0, then.stderr
    publication = Path(then.stdout.splitlines()[0])
    for path in sorted((publication / "parquet").iterdir()):
        now = home.publication("2021-12-31") / "parquet" / path.name
        # the status of sources says which deliveries wait in landing; all else is equal
        assert path.read_bytes() == now.read_bytes(), path.name


def test_nothing_personal_leaves_ingest(home: Home, shared_data: Path):
    """No CPR number of the input stands anywhere in what the runs left; names are issue 6's long scan."""
    numbers: set[str] = set()
    for file in (shared_data / "landing" / "bos").glob("*/expected_payments_3.csv.gz"):
        with gzip.open(file, "rt", encoding="utf-8", newline="") as handle:
            for row in csv.DictReader(handle):
                numbers.update(row[column] for column in ("cpr_number", "mother_cpr", "father_cpr"))
    numbers = {number for number in numbers if len(number) == 10}
    assert len(numbers) > 500
    files = [path for path in home.path.rglob("*") if path.is_file() and not path.is_symlink()]
    assert {".parquet", ".duckdb", ".log", ".db", ".json", ".html", ".xlsx"} <= {
        path.suffix for path in files
    }
    assert {path.name: found for path in files if (found := _ten_digits(path) & numbers)} == {}


TEN_DIGITS = "(?:^|[^0-9])([0-9]{10})(?:[^0-9]|$)"


def _ten_digits(path: Path) -> set[str]:
    """Every run of exactly ten digits in a file, in every value where it is a table."""
    if path.suffix not in (".parquet", ".duckdb"):
        content = path.read_bytes()
        if path.suffix == ".xlsx":
            with ZipFile(path) as parts:
                content = b"\n".join(map(parts.read, parts.namelist()))
        return {found.decode() for found in re.findall(rb"(?<![0-9])[0-9]{10}(?![0-9])", content)}
    with duckdb.connect() as connection:
        tables = [f"read_parquet('{path}')"]
        if path.suffix == ".duckdb":
            connection.execute(f"attach '{path}' as found (read_only)")
            listed = connection.execute(
                "select schema_name, table_name from duckdb_tables() where database_name = 'found'"
            ).fetchall()
            tables = [f'found."{schema}"."{table}"' for schema, table in listed]
        return {
            digits
            for table in tables
            for (digits,) in connection.execute(
                "select distinct unnest(regexp_extract_all(cast(line as varchar), ?, 1)) "
                f"from {table} as line",
                [TEN_DIGITS],
            ).fetchall()
        }


def test_the_manifest_names_every_delivery(home: Home):
    manifest = json.loads((home.publication("2022-06-30") / "manifest.json").read_text(encoding="utf-8"))
    loaded = [entry for entry in manifest["deliveries"] if entry["status"] == "loaded"]
    assert len(loaded) == 14
