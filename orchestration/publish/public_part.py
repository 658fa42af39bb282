"""The public part: what may leave the house, as files and as a page that a member of the committee reads.

Belongs here: which marts may leave, their files, what the page shows of them. Does not: what is suppressed (the marts
themselves), looks (template).

Nothing else is ever copied: a mart leaves the house by being named here.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from orchestration.publish import charts, tables
from orchestration.publish.charts import Chart
from orchestration.publish.dbt_artifacts import TableDoc
from orchestration.publish.manifest import Manifest, TableEntry
from orchestration.templating import render, share, whole

PRICES = "mart_unit_price_public"
MARTS = (PRICES,)
FILE = "public"
"""The DuckDB file's stem, which it is attached by."""

SUPPRESSED = "•"
CHARTED = 10
"""So many categories have a small chart, those with the greatest cost."""

# what the newest quarter's table shows: column → heading, way of writing
COLUMNS = {
    "children": ("Børn", whole),
    "course_days": ("Forløbsdage", whole),
    "full_year_equivalents": ("Helårsforløb", share),
    "cost_total_dkk": ("Omkostning", whole),
    "unit_price_day": ("Pris pr. dag", whole),
    "unit_price_year": ("Helårspris", whole),
}
# the tables over quarters: column → heading
TRENDS = {
    "children": "Børn",
    "cost_total_dkk": "Omkostning, kr.",
    "unit_price_day": "Pris pr. forløbsdag, kr.",
}

Row = Mapping[str, Any]


def write_tables(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    docs: Mapping[str, TableDoc],
    published: Sequence[TableEntry],
) -> None:
    """Copies the marts that may leave the house into the folder, for SQL, for programs and for Excel."""
    (folder / "parquet").mkdir()
    entries = tables.copy_schema(
        connection, "marts", folder / f"{FILE}.duckdb", docs, into="main", only=MARTS
    )
    assert [entry.name for entry in entries] == [entry.name for entry in published if entry.name in MARTS]
    for entry in entries:
        table = f"{FILE}.main.{entry.name}"
        tables.write_file(connection, table, folder / "parquet" / f"{entry.name}.parquet")
        # a Danish Excel reads 1.5 as a date
        columns = ", ".join(
            f"replace(cast({column.name} as varchar), '.', ',') as {column.name}"
            if column.type.startswith("DECIMAL")
            else column.name
            for column in entry.columns
        )
        path = folder / f"{entry.name}.csv"
        tables.write_file(connection, f"(select {columns} from {table})", path)
        # and takes a file for UTF-8 by its mark alone
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())


def page(connection: duckdb.DuckDBPyConnection, manifest: Manifest) -> str:
    """The committee's page; links to nothing outside its folder."""
    rows = (
        tables.rows_of(connection, f"from {FILE}.main.{PRICES} order by is_other, category_name, quarter")
        if manifest.has(f"marts.{PRICES}")
        else []
    )
    quarters = sorted({row["quarter"] for row in rows})
    newest = [row for row in rows if row["quarter"] == quarters[-1]]
    return render(
        "public.html.j2",
        root="",
        here="",
        as_of=manifest.as_of,
        table=PRICES,
        file=FILE,
        suppressed=SUPPRESSED,
        quarter=_quarter(quarters[-1]) if quarters else "",
        columns=COLUMNS,
        newest=[_texts(row) for row in newest],
        total=_total(newest),
        all_hidden=sorted({row["quarter"].year for row in rows if row["is_other"] and row["is_suppressed"]}),
        chart=_chart(rows, newest) if quarters else None,
        trends=[
            (heading, [_quarter(quarter) for quarter in quarters], _trend(rows, quarters, column))
            for column, heading in TRENDS.items()
        ],
    )


def _texts(row: Row) -> tuple[str, list[str]]:
    return row["category_name"], [_text(row, column) for column in COLUMNS]


def _text(row: Row | None, column: str) -> str:
    """A figure as it is shown; a year without the category has a dash."""
    if row is not None and row["is_suppressed"]:
        return SUPPRESSED
    return COLUMNS[column][1](row[column] if row is not None else None)


def _total(newest: Sequence[Row]) -> list[str]:
    """All cost and days of the quarter; children are in several categories, and do not sum."""
    if not newest or any(row["is_other"] and row["is_suppressed"] for row in newest):
        return []
    days, cost = (
        sum((row[column] for row in newest if not row["is_suppressed"]), Decimal(0))
        for column in ("course_days", "cost_total_dkk")
    )
    persons = sum((row["full_year_equivalents"] for row in newest if not row["is_suppressed"]), Decimal(0))
    return [
        whole(None),
        whole(days),
        share(persons),
        whole(cost),
        whole(cost / days if days else None),
        whole(cost / persons if persons else None),
    ]


def _trend(rows: Sequence[Row], quarters: Sequence[date], column: str) -> list[tuple[str, list[str]]]:
    names = dict.fromkeys(row["category_name"] for row in rows)
    by_cell = {(row["category_name"], row["quarter"]): row for row in rows}
    return [(name, [_text(by_cell.get((name, quarter)), column) for quarter in quarters]) for name in names]


def _chart(rows: Sequence[Row], newest: Sequence[Row]) -> Chart | None:
    """The price of a year, quarter by quarter, of the categories with the greatest cost."""
    shown = [row for row in newest if not (row["is_suppressed"] or row["is_other"])]
    names = [
        row["category_name"]
        for row in sorted(shown, key=lambda row: row["cost_total_dkk"], reverse=True)[:CHARTED]
    ]
    marks = [
        {
            "month": _short(row["quarter"]),
            "series": "Helårspris",
            "value": float(row["unit_price_year"] / 1000),
            # above a small chart there is no room for what it is a kind of
            "category": row["category_name"].split(" - ")[-1],
        }
        for name in names
        for row in rows
        if row["category_name"] == name and row["unit_price_year"] is not None
    ]
    if not marks:
        return None
    title = "Helårspris pr. kvartal, 1.000 kr."
    caption = (
        f"De {len(names)} kategorier med størst omkostning i det nyeste kvartal. "
        "Et kvartal uden punkt er skjult eller uden forløb."
    )
    return Chart(
        title=title,
        caption=caption,
        svg=charts.lines(marks, ["Helårspris"], title=title, description=caption, per="category"),
        head=["Kategori", "Kvartal", "1.000 kr."],
        rows=[(mark["category"], mark["month"], Decimal(str(mark["value"]))) for mark in marks],
        is_wide=True,
    )


def _quarter(day: date) -> str:
    """A quarter as a heading: `2. kv. 22`."""
    return f"{(day.month + 2) // 3}. kv. {day:%y}"


def _short(day: date) -> str:
    """A quarter under a small chart: `2/22`."""
    return f"{(day.month + 2) // 3}/{day:%y}"
