"""The tables as files, to the byte as their sources write them.

Belongs here: dialects (delimiter, decimals, dates, encoding), file names and folders. Does not: what a file
says (`sql/reports.sql`, `sql/truth.sql`).
"""

import os
import shutil
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from orchestration.synth.calendar import Schedule


@dataclass(frozen=True)
class Dialect:
    """How a source writes a CSV file; rows end CRLF, fields are quoted only where needed, NULL is empty."""

    delimiter: str
    decimal_mark: str
    date_format: str
    encoding: str


BOS = Dialect(",", ".", "%Y-%m-%d", "utf-8")
LEDGER = Dialect(";", ",", "%d.%m.%Y", "cp1252")
PLAN = Dialect(";", ",", "%d-%m-%Y", "utf-8")

PLAN_FILES = {
    "savings_plan": "initiatives.csv",
    "agreement_list": "agreements.csv",
    "consequence_list": "consequences.csv",
}
"""What planners deliver with the last delivery."""


def write_deliveries(connection: duckdb.DuckDBPyConnection, schedule: Schedule, landing: Path) -> None:
    """Write every delivery of both sources under `landing`, and what planners deliver.

    Their files come with the last delivery, its year's budget assumptions with that year's first.
    """
    for on in schedule.deliveries:
        bos = landing / "bos" / on.isoformat()
        connection.execute(f"create or replace temp table shown as from payment_report(date '{on}')")
        for report in ("expected", "granted"):
            rows = f"select * exclude (is_in_expected, is_in_granted) from shown where is_in_{report}"
            write_csv(connection, f"({rows} order by date, id)", bos / f"{report}_payments_3.csv", BOS, on)
        write_csv(connection, f"case_report(date '{on}')", bos / "expected_cases_0.csv", BOS, on)

        ledger = landing / "ledger" / on.isoformat()
        delivery = schedule.ledger_delivery(on)
        for year, period in delivery.periods:
            postings = f"posting_report(date '{on}', {year}, {period})"
            write_csv(connection, postings, ledger / f"postings_{year}-{period:02d}.csv", LEDGER, on)
        for year in delivery.budget_years:
            budget = f"budget_report(date '{on}', {year})"
            write_csv(connection, budget, ledger / f"budget_{year}.csv", LEDGER, on)
        write_csv(connection, f"invoice_report(date '{on}')", ledger / "invoices.csv", LEDGER, on)
    last, first = schedule.last, schedule.first_of_last_year
    plan = landing / "plan"
    write_csv(
        connection, "assumption_plan", plan / first.isoformat() / f"assumptions_{last.year}.csv", PLAN, first
    )
    for relation, name in PLAN_FILES.items():
        write_csv(connection, relation, plan / last.isoformat() / name, PLAN, last)


def write_truth(connection: duckdb.DuckDBPyConnection, schedule: Schedule, truth: Path) -> None:
    """Write what was planted, and the true match of every delivered posting, under `truth`."""
    last = schedule.last
    for on in schedule.deliveries:
        write_csv(connection, f"activity_truth(date '{on}')", truth / f"activities_{on}.csv", BOS, last)
    write_csv(connection, "planted_truth", truth / "planted_bos.csv", BOS, last)
    ledger = f"ledger_truth(date '{last}', date '{schedule.delivered_from}')"
    write_csv(connection, ledger, truth / "ledger_truth.csv", BOS, last)
    write_csv(connection, "missing_truth", truth / "ledger_missing.csv", BOS, last)
    write_csv(connection, "assumption_truth", truth / "budget_assumptions.csv", BOS, last)
    write_csv(connection, "savings_truth", truth / "savings_plan.csv", BOS, last)
    for name in ("agreement", "consequence", "school"):
        write_csv(connection, f"{name}_truth", truth / f"{name}s.csv", BOS, last)


def write_csv(
    connection: duckdb.DuckDBPyConnection, relation: str, file: Path, dialect: Dialect, on: date
) -> None:
    """Write all rows of `relation` (a table, view, table macro or subquery) in its order, header first.

    DuckDB quotes more than csv.QUOTE_MINIMAL and ends rows with LF, so the rows are put together in SQL and
    copied raw.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    columns = connection.sql(f"select * from {relation} limit 0")
    fields = [
        _field(name, str(kind), dialect) for name, kind in zip(columns.columns, columns.types, strict=True)
    ]
    row = f"concat_ws('{dialect.delimiter}', " + ", ".join(f"coalesce({field}, '')" for field in fields) + ")"
    header = dialect.delimiter.join(columns.columns) + "\r"
    utf8 = file.with_suffix(".utf8")
    target = str(utf8).replace("'", "''")
    connection.execute(
        f"""
        copy (select {row} || chr(13) as "{header}" from {relation})
        to '{target}' (format csv, header true, quote '', escape '', delimiter '\x1f')
        """
    )
    _encode(utf8, file, dialect.encoding)
    # The exports run at 00:35; a file's time tells an ingest that waits for files to settle nothing of today.
    exported_at = datetime(on.year, on.month, on.day, 0, 35, tzinfo=UTC).timestamp()
    os.utime(file, (exported_at, exported_at))


def _field(name: str, kind: str, dialect: Dialect) -> str:
    """The SQL expression of one field as text."""
    if kind == "VARCHAR":
        special = (f"'{dialect.delimiter}'", "'\"'", "chr(10)", "chr(13)")
        needs_quotes = " or ".join(f'contains("{name}", {character})' for character in special)
        return f"""if({needs_quotes}, '"' || replace("{name}", '"', '""') || '"', "{name}")"""
    if kind == "DATE":
        return f"strftime(\"{name}\", '{dialect.date_format}')"
    if kind == "BOOLEAN":
        return f"if(\"{name}\", 'True', 'False')"
    if kind.startswith("DECIMAL"):
        return f"replace(\"{name}\"::varchar, '.', '{dialect.decimal_mark}')"
    return f'"{name}"::varchar'


def _encode(utf8: Path, file: Path, encoding: str) -> None:
    """Move the UTF-8 file to its place, in the source's encoding; what that lacks becomes `?`."""
    if encoding == "utf-8":
        utf8.rename(file)
        return
    with (
        utf8.open(encoding="utf-8", newline="") as source,
        file.open("w", encoding=encoding, errors="replace", newline="") as target,
    ):
        shutil.copyfileobj(source, target, 1 << 20)
    utf8.unlink()
