"""Made-up worklists for the tests: gaps and postings in, the files that stewards get out, and filling them in."""

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
from openpyxl import load_workbook

from orchestration.publish import workbooks

AS_OF = date(2022, 6, 30)
GAP = {
    "gap_id": ("varchar", "0" * 32),
    "rule_id": ("varchar", "A02"),
    "rule_name_da": ("varchar", "Leverandørbetaling uden forløb"),
    "severity": ("varchar", "E"),
    "status": ("varchar", "open"),
    "team_id": ("varchar", "Team Nord"),
    "due_on": ("date", date(2022, 7, 14)),
    "text_da": ("varchar", "Granly: 12.000,00 kr. for maj 2022 svarer ikke til noget forløb."),
    "action_da": ("varchar", "Registrér forløbet, eller ompostér beløbet."),
    "amount_dkk": ("decimal(18, 2)", "12000.00"),
    "appropriation_id": ("varchar", "27.27.42-G01-1-20"),
    "case_sbsys_id": ("varchar", None),
    "course_id": ("varchar", "834"),
    "document_no": ("varchar", "4711"),
    "supplier_name": ("varchar", "Granly"),
    "account_id": ("varchar", "528211007-015202"),
    "caseworker_id": ("varchar", "ABCD1"),
    "leader_id": ("varchar", "EFGH2"),
    "corrector": ("varchar", "Controller"),
    "first_seen_on": ("date", date(2022, 5, 31)),
    "is_new": ("boolean", False),
    "decision": ("varchar", None),
    "waived_until_on": ("date", None),
    "comment_da": ("varchar", None),
    "comment_by": ("varchar", None),
    "comment_on": ("date", None),
}
COUPLING = {
    "posting_id": ("varchar", "5100000001"),
    "posted_on": ("date", date(2022, 6, 3)),
    "document_no": ("varchar", "4712"),
    "supplier_name": ("varchar", "Granly"),
    "account_id": ("varchar", "528211007-015202"),
    "amount_dkk": ("decimal(18, 2)", "500.00"),
    "candidates": ("bigint", 0),
    "team_id": ("varchar", "Team Nord"),
    "gap_id": ("varchar", None),
}
EXPLAINED = {
    "subject": ("varchar", "posting"),
    "posting_id": ("varchar", "5100000001"),
    "course_payment_id": ("varchar", None),
    "course_id": ("varchar", None),
    "match_method": ("varchar", None),
    "explanation_da": ("varchar", "Ingen betaling passer; den nærmeste afviger."),
    "nearest_ids": ("varchar", None),
    "nearest_da": ("varchar", None),
}
POSTING = {
    name: COUPLING[name] for name in ("posting_id", "posted_on", "supplier_name", "account_id", "amount_dkk")
} | {"invoice_no": ("varchar", None)}
COURSE = {"course_id": ("varchar", "834"), "team_id": ("varchar", "Team Nord")}
TABLES: dict[str, dict[str, tuple[str, Any]]] = {
    f"steward.main.{workbooks.GAPS_TABLE}": GAP,
    f"steward.main.{workbooks.COUPLINGS_TABLE}": COUPLING,
    "kobling.marts.mart_match_explain": EXPLAINED,
    "kobling.marts.fct_posting": POSTING,
    "kobling.marts.dim_course": COURSE,
}
Rows = Iterable[Mapping[str, Any]]


def gap_id(number: int) -> str:
    """An id as the models make them."""
    return f"{number:032x}"


def write(
    folder: Path,
    gaps: Rows,
    couplings: Rows = (),
    explained: Rows = (),
    postings: Rows = (),
    courses: Rows = (),
    deliveries: Iterable[Any] = (),
    quarantine: Path = Path(),
) -> list[Path]:
    """The worklists of these rows, whatever they leave out being as in GAP, COUPLING and so on."""
    folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as kobling; attach ':memory:' as steward")
        connection.execute("create schema kobling.marts")
        connection.execute(
            """
            create table kobling.marts.dim_date as
            select cast(range as date) as date_on, isodow(range) < 6 as is_workday,
                count(*) filter (where isodow(range) < 6) over (order by range) as workday_no
            from range(date '2022-01-01', date '2023-01-01', interval 1 day)
            """
        )
        given = (gaps, couplings, explained, postings, courses)
        for (table, columns), rows in zip(TABLES.items(), given, strict=True):
            described = ", ".join(f"{name} {type_}" for name, (type_, _) in columns.items())
            connection.execute(f"create table {table} ({described})")
            for row in rows:
                values = {**{name: default for name, (_, default) in columns.items()}, **row}
                marks = ", ".join("?" for _ in columns)
                connection.execute(
                    f"insert into {table} values ({marks})", [values[name] for name in columns]
                )
        manifest = SimpleNamespace(
            as_of=AS_OF,
            previous_as_of=date(2022, 5, 31),
            tables=[SimpleNamespace(table=table.replace(".main.", ".")) for table in TABLES],
            deliveries=deliveries,
        )
        workbooks.write(connection, folder, manifest, quarantine)  # type: ignore[arg-type]
    return sorted(folder.glob("*.xlsx"))


def lists(book: Any) -> dict[str, dict[str, int]]:
    """Sheet → heading → column, of the sheets that are lists."""
    return {
        sheet.title: {str(cell.value): cell.column for cell in sheet[3] if cell.value is not None}
        for sheet in book.worksheets
        if sheet.title != workbooks.OVERVIEW
    }


def fill(path: Path, answers: Mapping[str, Mapping[str, Any]], once: Mapping[str, Any] | None = None) -> None:
    """Fills the worklist in as somebody would, and saves it.

    Args:
        path: the worklist.
        answers: gap or posting → heading → what is written there.
        once: what is written on the overview, beside its label.
    """
    book: Any = load_workbook(path)
    for title, columns in lists(book).items():
        sheet = book[title]
        key = columns.get("Postering") or columns["Mangel-id"]
        for row in range(4, sheet.max_row + 1):
            for heading, value in answers.get(str(sheet.cell(row, key).value), {}).items():
                sheet.cell(row, columns[heading]).value = value
    for cell in book[workbooks.OVERVIEW]["A"]:
        if once and cell.value in once:
            cell.offset(column=1).value = once[cell.value]
    book.save(path)
