"""The pages of a publication: front page, data dictionary, data for BI.

Belongs here: what each page shows, read from what was published. Does not: the stewards' page (steward_pages),
the validation report (orchestration/validation/report), looks (templates), formats (orchestration/templating).
"""

import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.publish.dbt_artifacts import TableDoc
from orchestration.publish.manifest import Manifest
from orchestration.publish.metrics import Metrics, by_group, read_metrics
from orchestration.publish.tables import rows_of
from orchestration.templating import render

ASSETS = Path(__file__).parent / "assets"

# The front page's table: what a reader of the monthly overview asks first.
FRAME_TABLE = "mart_overrun_frame"
FRAME_KEYS = {"fiscal_year": "År", "frame_id": "Ramme", "frame_name": "Navn"}
FRAME_METRICS = ("budget_corrected", "actual_to_date", "forecast", "expected_overrun", "expected_overrun_pct")

STATUS_TABLE = "mart_run_status"

BI = Path(__file__).parent / "bi"
"""What a BI tool starts from, published as it is: example queries, and one for Power Query."""

_NUMBERS = ("DECIMAL", "BIGINT", "INTEGER", "HUGEINT", "DOUBLE")

# A description gives the Danish term in parentheses, as a rule at a clause's end: `Days of it (forløbsdage).`
_DANISH = (re.compile(r"\(([^()]*)\)(?=[.,;:]|$)"), re.compile(r"\(([^()]*)\)"))


@dataclass(frozen=True)
class PageColumn:
    """A column of a table on a page."""

    name: str
    label: str
    is_number: bool


def front_page(connection: duckdb.DuckDBPyConnection, manifest: Manifest) -> str:
    """As-of, gate, frames, links, deliveries."""
    metrics = read_metrics(connection, manifest)
    labels = FRAME_KEYS | {name: metrics[name].name for name in FRAME_METRICS}
    columns = _page_columns(manifest, f"marts.{FRAME_TABLE}", labels)
    frames = (
        rows_of(connection, f"from kobling.marts.{FRAME_TABLE} order by fiscal_year desc, frame_id")
        if columns
        else []
    )
    not_run = (
        rows_of(
            connection,
            f"""
            select reason, subject, count(*) as number, string_agg(name, ', ' order by name) as names
            from kobling.marts.{STATUS_TABLE}
            where status = 'not_run' and subject in ('budget', 'mart', 'rule')
            group by reason, subject
            order by subject, reason
            """,
        )
        if manifest.has(f"marts.{STATUS_TABLE}")
        else []
    )
    loaded = [delivery for delivery in manifest.deliveries if delivery.status == "loaded"]
    latest = {delivery.source: delivery for delivery in sorted(loaded, key=lambda found: found.extract_date)}
    refused = [
        delivery
        for delivery in manifest.deliveries
        if delivery.status != "loaded"
        and (delivery.source not in latest or delivery.extract_date >= latest[delivery.source].extract_date)
    ]
    return render(
        "front.html.j2",
        root="",
        here="index.html",
        as_of=manifest.as_of,
        publication_id=manifest.id,
        manifest=manifest,
        frames=frames,
        frame_columns=columns,
        not_run=not_run,
        loaded=loaded,
        latest=sorted(latest.values(), key=lambda delivery: delivery.source),
        refused=refused,
        sources_loaded=set(latest),
    )


def dictionary_page(manifest: Manifest, docs: Mapping[str, TableDoc], metrics: Metrics) -> str:
    """The key figures, and every table of the marts with every column."""
    groups = []
    for schema, title in (("marts", "Skemaet marts"),):
        tables = []
        for entry in manifest.tables:
            if not entry.table.startswith(f"{schema}."):
                continue
            doc = docs.get(entry.name)
            described = [
                {
                    "name": column.name,
                    "type": column.type,
                    "danish": danish_term(doc.columns.get(column.name, "") if doc else ""),
                    "description": doc.columns.get(column.name, "") if doc else "",
                }
                for column in entry.columns
            ]
            tables.append(
                {
                    "table": entry.table,
                    "name": entry.name,
                    "rows": entry.rows,
                    "description": doc.description if doc else "",
                    "columns": described,
                }
            )
        if tables:
            groups.append({"schema": schema, "title": title, "tables": tables})
    return render(
        "dictionary.html.j2",
        root="../",
        here="dictionary/index.html",
        as_of=manifest.as_of,
        publication_id=manifest.id,
        metrics=by_group(metrics),
        groups=groups,
        has_dbt_docs=bool(docs),
    )


def bi_page(manifest: Manifest) -> str:
    """How to read the tables elsewhere, with the example queries; the question is a query's first line."""
    examples = []
    for path in sorted(BI.glob("*.sql")):
        question, sql = path.read_text(encoding="utf-8").split("\n", 1)
        examples.append({"name": path.name, "question": question.removeprefix("-- "), "sql": sql.strip()})
    return render(
        "bi.html.j2",
        root="../",
        here="bi/index.html",
        as_of=manifest.as_of,
        publication_id=manifest.id,
        examples=examples,
    )


def write(path: Path, page: str) -> None:
    """Writes a page, with its folder."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(page, encoding="utf-8")


def write_script(folder: Path, name: str) -> None:
    """Writes a page's script beside it, in its folder `assets`."""
    (folder / "assets").mkdir(exist_ok=True)
    shutil.copyfile(ASSETS / name, folder / "assets" / name)


def danish_term(description: str) -> str:
    """The Danish term that a description gives, the first one; empty where there is none."""
    found = next(filter(None, (pattern.search(description) for pattern in _DANISH)), None)
    return found.group(1) if found else ""


def _page_columns(manifest: Manifest, table: str, labels: Mapping[str, str]) -> list[PageColumn]:
    """The labelled columns that the table has, in the labels' order; none where there is no such table."""
    entry = next((found for found in manifest.tables if found.table == table), None)
    types = {column.name: column.type for column in entry.columns} if entry else {}
    return [
        PageColumn(
            name=name, label=label, is_number=types[name].startswith(_NUMBERS) and name != "fiscal_year"
        )
        for name, label in labels.items()
        if name in types
    ]
