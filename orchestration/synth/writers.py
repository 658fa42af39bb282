"""The tables as files, to the byte as their sources write them.

Belongs here: dialects (delimiter, decimals, dates, encoding), file names and folders. Does not: what a file
says (`sql/reports.sql`, `sql/truth.sql`).
"""

import gzip
import itertools
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from io import BufferedIOBase
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

PAYMENTS_A_BLOCK = 500_000
"""Rows of the payments reports that are put together and sorted at a time: some 300 MB."""


def write_deliveries(
    connection: duckdb.DuckDBPyConnection, schedule: Schedule, landing: Path, is_packed: bool
) -> None:
    """Write every delivery of both sources under `landing`, and what planners deliver.

    Their files come with the last delivery, its year's budget assumptions with that year's first. The case system's
    reports are packed (`.csv.gz`) if wanted.
    """
    suffix = ".csv.gz" if is_packed else ".csv"
    for on in schedule.deliveries:
        bos = landing / "bos" / on.isoformat()
        write_payments(connection, bos, on, suffix)
        write_csv(connection, f"case_report(date '{on}')", bos / f"expected_cases_0{suffix}", BOS, on)

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


def write_payments(connection: duckdb.DuckDBPyConnection, folder: Path, on: date, suffix: str) -> None:
    """Write both payments reports of a day, in the order of their payments' days.

    A report can be larger than memory: it is put together in blocks of days, once for both. Most of a row says the
    same of all payments of an activity: that text is made once an activity.
    """
    day = f"date '{on}'"
    columns = connection.sql(f"from payment_report({day}, {day}, {day}) limit 0")
    of_activity = set(connection.sql(f"from activity_report({day}) limit 0").columns)
    runs, texts = [], []
    for is_of_activity, names in itertools.groupby(columns.columns, key=of_activity.__contains__):
        run = _row(columns.select(*[f'"{name}"' for name in names]), BOS)
        if is_of_activity:
            texts.append(run)
            run = f"text_{len(texts)}"
        runs.append(run)
    made = ", ".join(f"{text} as text_{number}" for number, text in enumerate(texts, start=1))
    connection.execute(
        f"create or replace temp table activity_text as select activity_id, {made} from activity_report({day})"
    )
    with (
        _opened(folder / f"expected_payments_3{suffix}", on) as expected,
        _opened(folder / f"granted_payments_3{suffix}", on) as granted,
    ):
        files = {"expected": expected, "granted": granted}
        for file in files.values():
            file.write(_header(columns, BOS))
        for from_on, to_on in _blocks(connection):
            connection.execute(
                f"""
                create or replace temp table shown as
                select concat_ws('{BOS.delimiter}', {", ".join(runs)}) as "row", is_in_expected, is_in_granted
                from payment_of({day}, date '{from_on}', date '{to_on}')
                inner join activity_text using (activity_id)
                order by date, id
                """
            )
            for report, file in files.items():
                _copy(connection, f'select "row" from shown where is_in_{report}', file, folder, BOS)
    connection.execute("drop table shown; drop table activity_text")


def _blocks(connection: duckdb.DuckDBPyConnection) -> list[tuple[date, date]]:
    """The days of all payments in blocks of some `PAYMENTS_A_BLOCK` payments."""
    return connection.execute(
        f"""
        with counted as (
            select due_on, sum(count(*)) over (order by due_on) // {PAYMENTS_A_BLOCK} as block
            from payment group by due_on
        )
        select min(due_on), max(due_on) from counted group by block order by block
        """
    ).fetchall()


def write_csv(
    connection: duckdb.DuckDBPyConnection, relation: str, file: Path, dialect: Dialect, on: date
) -> None:
    """Write all rows of `relation` (a table, view, table macro or subquery) in its order, header first."""
    columns = connection.sql(f"select * from {relation} limit 0")
    with _opened(file, on) as target:
        target.write(_header(columns, dialect))
        _copy(connection, f"select {_row(columns, dialect)} from {relation}", target, file.parent, dialect)


@contextmanager
def _opened(file: Path, on: date) -> Iterator[BufferedIOBase]:
    """The file to write, packed if its name says so, with the time of its delivery."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("wb") as plain:
        if file.suffix == ".gz":
            with gzip.GzipFile("", "wb", compresslevel=1, fileobj=plain, mtime=0) as packed:
                yield packed
        else:
            yield plain
    # The exports run at 00:35; a file's time tells an ingest that waits for files to settle nothing of today.
    exported_at = datetime(on.year, on.month, on.day, 0, 35, tzinfo=UTC).timestamp()
    os.utime(file, (exported_at, exported_at))


def _copy(
    connection: duckdb.DuckDBPyConnection, rows: str, target: BufferedIOBase, folder: Path, dialect: Dialect
) -> None:
    """Append rows to a file, in the source's encoding; what that lacks becomes `?`.

    DuckDB quotes more than csv.QUOTE_MINIMAL and ends rows with LF, so rows are put together in SQL and copied raw.
    """
    part = folder / "part.utf8"
    path = str(part).replace("'", "''")
    connection.execute(
        f"""
        copy (select columns(*) || chr(13) from ({rows}))
        to '{path}' (format csv, header false, quote '', escape '', delimiter '\x1f')
        """
    )
    with part.open("rb") as source:
        if dialect.encoding == "utf-8":
            shutil.copyfileobj(source, target, 1 << 20)
        else:
            for line in source:
                target.write(line.decode().encode(dialect.encoding, errors="replace"))
    part.unlink()


def _header(columns: duckdb.DuckDBPyRelation, dialect: Dialect) -> bytes:
    return (dialect.delimiter.join(columns.columns) + "\r\n").encode(dialect.encoding)


def _row(columns: duckdb.DuckDBPyRelation, dialect: Dialect) -> str:
    """The SQL expression of all fields, with the delimiter between them."""
    fields = [
        f"coalesce({_field(name, str(kind), dialect)}, '')"
        for name, kind in zip(columns.columns, columns.types, strict=True)
    ]
    return f"concat_ws('{dialect.delimiter}', {', '.join(fields)})"


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
