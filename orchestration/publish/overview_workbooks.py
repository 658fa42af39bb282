"""The monthly overview for the controller: the page's tables as Excel sheets, with all their rows.

Belongs here: sheets of the tables that the page shows, and where each column comes from. Does not: reading them
(overview), cells and formats (sheets).
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from xlsxwriter.worksheet import Worksheet

from orchestration.publish.explanation import text
from orchestration.publish.figures import Filled, Row
from orchestration.publish.overview import Overview
from orchestration.publish.sheets import Book, safe_text, sheet_names
from orchestration.templating import day, long_month

OVERVIEW_FILE: Final = "maanedsoverblik.xlsx"
OVERVIEW: Final = "Oversigt"
SOURCES: Final = "Kilder"

_HEADING: Final = 2  # a table's row of headings, from 0: above it the title and the note
_WIDTHS: Final = {"money": 16, "number": 11, "share": 11, "date": 12, "month": 12, "year": 8, "text": 30}


def write(folder: Path, overview: Overview | None) -> dict[str, str]:
    """Writes the workbooks that there is something for.

    Returns:
        Name of each file → what it is.
    """
    if overview is None:
        return {}
    _Workbook(folder / OVERVIEW_FILE, overview).write()
    return {OVERVIEW_FILE: "Tallene i Excel"}


class _Workbook(Book):
    """One sheet a table, the sentences before them, where the columns come from after them."""

    def __init__(self, path: Path, overview: Overview) -> None:
        self.overview = overview
        manifest = overview.manifest
        super().__init__(
            path, f"Månedsoverblik {long_month(manifest.as_of)}", manifest.as_of, "Månedsoverblik"
        )

    def write(self) -> None:
        """Writes all sheets and the file."""
        tables = self.overview.tables
        names = sheet_names([filled.table.title for filled in tables], (OVERVIEW, SOURCES))
        self._overview(self.book.add_worksheet(OVERVIEW), dict(zip(names, tables, strict=True)))
        for name, filled in zip(names, tables, strict=True):
            self._table(self.book.add_worksheet(name), filled)
        self._sources(self.book.add_worksheet(SOURCES), names)
        self.book.close()

    def _overview(self, sheet: Worksheet, tables: dict[str, Filled]) -> None:
        manifest = self.overview.manifest
        sheet.hide_gridlines(2)
        sheet.set_column(0, 0, 34)
        sheet.set_column(1, 1, 90)
        self.page(sheet)
        sheet.write_string(0, 0, f"Månedsoverblik {long_month(manifest.as_of)}", self.format("title"))
        told = f"Opgjort pr. {day(manifest.as_of)}, publikation {manifest.id}."
        sheet.write_string(1, 0, told, self.format("plain"))
        row = 3
        for frame in self.overview.frames:
            sheet.write_string(row, 0, safe_text(f"Ramme {frame.frame_id}"), self.format("bold"))
            sheet.write_string(row, 1, safe_text(frame.name), self.format("bold"))
            for sentence in frame.sentences:
                row += 1
                sheet.write_string(row, 1, safe_text(text(sentence)), self.format("text"))
            row += 2
        sheet.write_string(row, 0, "Ark", self.format("heading"))
        for name, filled in tables.items():
            row += 1
            link = "internal:'" + name.replace("'", "''") + "'!A1"
            sheet.write_url(row, 0, link, self.format("link"), safe_text(filled.table.title))
            note = f"Ikke kørt: {filled.not_run}." if filled.not_run else filled.table.note
            sheet.write_string(row, 1, safe_text(note), self.format("text"))

    def _table(self, sheet: Worksheet, filled: Filled) -> None:
        table, fields = filled.table, filled.columns
        sheet.write_string(0, 0, safe_text(table.title), self.format("title"))
        about = (
            f"Ikke kørt: {filled.not_run}."
            if filled.not_run
            else table.note or table.empty * (not filled.rows)
        )
        sheet.write_string(1, 0, safe_text(about), self.format("plain"))
        self.page(sheet)
        if filled.not_run or not filled.rows:
            return
        heads = [(key.label, key.kind) for key in filled.keys] + [
            (field.label, field.kind) for field in fields
        ]
        for position, (label, kind) in enumerate(heads):
            is_key = position < len(filled.keys)
            sheet.set_column(position, position, 34 if is_key and kind == "text" else _WIDTHS[kind])
            sheet.write_string(_HEADING, position, safe_text(label), self.format("head", "text"))
        for number, row in enumerate(filled.rows, start=_HEADING + 1):
            self._row(sheet, number, filled, row.shown, row, "text")
        last = _HEADING + len(filled.rows)
        sheet.autofilter(_HEADING, 0, last, len(heads) - 1)
        if filled.total and len(filled.rows) > 1:
            words = ["I alt", *[None] * (len(filled.keys) - 1)]
            self._row(sheet, last + 1, filled, words, filled.total, "total")
        sheet.freeze_panes(_HEADING + 1, len(filled.keys))
        sheet.repeat_rows(0, _HEADING)
        sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})

    def _row(
        self, sheet: Worksheet, number: int, filled: Filled, words: Sequence[Any], row: Row, look: str
    ) -> None:
        for position, (key, value) in enumerate(zip(filled.keys, words, strict=True)):
            self.cell(sheet, number, position, key.kind if look == "text" else "text", value, look)
        for position, field in enumerate(filled.columns, start=len(words)):
            self.cell(sheet, number, position, field.kind, row[field.name].value, look)

    def _sources(self, sheet: Worksheet, names: Sequence[str]) -> None:
        """Where each column is found, so that a controller can ask for it again."""
        heads = (("Ark", 34), ("Kolonne", 34), ("Tabel i marts", 28), ("Udtryk", 60), ("Betingelse", 80))
        sheet.write_string(0, 0, "Hvor tallene findes", self.format("title"))
        self.page(sheet)
        for position, (label, width) in enumerate(heads):
            sheet.set_column(position, position, width)
            sheet.write_string(_HEADING, position, label, self.format("head"))
        number = _HEADING
        for name, filled in zip(names, self.overview.tables, strict=True):
            for field in filled.columns:
                number += 1
                where = field.where or filled.table.where
                said = (name, field.label, field.mart or filled.table.mart, field.sql, where)
                for position, value in enumerate(said):
                    sheet.write_string(number, position, safe_text(value), self.format("text"))
        sheet.freeze_panes(_HEADING + 1, 0)
