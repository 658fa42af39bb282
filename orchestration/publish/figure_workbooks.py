"""A page's tables as a workbook: what the page says in words, a sheet a table with all its rows, where they are found.

Belongs here: sheets of tables of figures. Does not: reading them (overview, keyfigures), which files there are
(overview_workbooks, keyfigures_workbooks), cells and formats (sheets).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from xlsxwriter.worksheet import Worksheet

from orchestration.publish.explanation import Sentence, text
from orchestration.publish.figures import Filled, Row
from orchestration.publish.manifest import Manifest
from orchestration.publish.sheets import Book, safe_text, sheet_names
from orchestration.templating import day, long_month

OVERVIEW: Final = "Oversigt"
SOURCES: Final = "Kilder"

_HEADING: Final = 2  # a table's row of headings, from 0: above it the title and the note
_WIDTHS: Final = {
    "money": 16,
    "exact": 16,
    "number": 11,
    "decimal": 11,
    "share": 11,
    "date": 12,
    "month": 12,
    "year": 8,
    "text": 30,
}


@dataclass(frozen=True)
class Told:
    """What the page says of a subject."""

    subject: str
    name: str
    sentences: Sequence[Sentence]


class FigureBook(Book):
    """One sheet a table, the sentences before them, where the columns come from after them."""

    def __init__(
        self, path: Path, title: str, manifest: Manifest, told: Sequence[Told], tables: Sequence[Filled]
    ) -> None:
        """Opens the file.

        Args:
            path: of the file.
            title: of the workbook, without its month.
            manifest: of the publication.
            told: for the first sheet.
            tables: a sheet each.
        """
        self.title, self.manifest, self.told, self.tables = title, manifest, told, tables
        super().__init__(path, f"{title} {long_month(manifest.as_of)}", manifest.as_of, title)

    def write(self) -> None:
        """Writes all sheets and the file."""
        names = sheet_names([filled.table.title for filled in self.tables], (OVERVIEW, SOURCES))
        self._overview(self.book.add_worksheet(OVERVIEW), dict(zip(names, self.tables, strict=True)))
        for name, filled in zip(names, self.tables, strict=True):
            self._table(self.book.add_worksheet(name), filled)
        self._sources(self.book.add_worksheet(SOURCES), names)
        self.book.close()

    def _overview(self, sheet: Worksheet, tables: Mapping[str, Filled]) -> None:
        sheet.hide_gridlines(2)
        sheet.set_column(0, 0, 34)
        sheet.set_column(1, 1, 90)
        self.page(sheet)
        sheet.write_string(0, 0, f"{self.title} {long_month(self.as_of)}", self.format("title"))
        about = f"Opgjort pr. {day(self.as_of)}, publikation {self.manifest.id}."
        sheet.write_string(1, 0, about, self.format("plain"))
        row = 3
        for told in self.told:
            sheet.write_string(row, 0, safe_text(told.subject), self.format("bold"))
            sheet.write_string(row, 1, safe_text(told.name), self.format("bold"))
            for sentence in told.sentences:
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
        if len(filled.rows) < filled.listed_of:
            about += f" Her står de {len(filled.rows)} første af {filled.listed_of}; alle står i tabellen {table.mart}."
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
            sheet.write_string(_HEADING, position, heading(label), self.format("head", "text"))
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
        for name, filled in zip(names, self.tables, strict=True):
            for field in [] if filled.not_run else filled.columns:
                number += 1
                where = field.where or filled.table.where
                said = (name, heading(field.label), field.mart or filled.table.mart, field.sql, where)
                for position, value in enumerate(said):
                    sheet.write_string(number, position, safe_text(value), self.format("text"))
        sheet.freeze_panes(_HEADING + 1, 0)


def heading(label: str) -> str:
    """A heading without the places where a page may break it."""
    return safe_text(label.replace("\u00ad", ""))
