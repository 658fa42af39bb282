"""The monthly overview for the controller: the page's tables as a workbook; the quarterly template.

Belongs here: which files there are, and the template's sheet. Does not: reading the tables (overview), sheets of
tables (figure_workbooks), cells and formats (sheets).
"""

from collections.abc import Mapping
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from orchestration.publish.figure_workbooks import FigureBook, Told
from orchestration.publish.overview import Overview
from orchestration.publish.sheets import Book, safe_text
from orchestration.templating import day, long_month

OVERVIEW_FILE: Final = "maanedsoverblik.xlsx"
TEMPLATE_FILE: Final = "kvartalsskabelon.xlsx"

_HEADING: Final = 2  # the template's row of headings, from 0: above it the title and a note


def write(folder: Path, overview: Overview | None) -> dict[str, str]:
    """Writes the workbooks that there is something for.

    Returns:
        Name of each file → what it is.
    """
    if overview is None:
        return {}
    told = [Told(f"Ramme {frame.frame_id}", frame.name, frame.sentences) for frame in overview.frames]
    path = folder / OVERVIEW_FILE
    FigureBook(path, "Månedsoverblik", overview.manifest, told, overview.tables).write()
    files = {OVERVIEW_FILE: "Tallene i Excel"}
    if overview.template:
        _Template(folder / TEMPLATE_FILE, overview).write()
        files[TEMPLATE_FILE] = "Kvartalsskabelon i Excel"
    return files


class _Template(Book):
    """The quarterly forecast's template: a row a frame and each function of it, the fields as the seed has them."""

    def __init__(self, path: Path, overview: Overview) -> None:
        self.cells = overview.template
        as_of = overview.manifest.as_of
        super().__init__(path, f"Kvartalsskabelon {long_month(as_of)}", as_of, "Kvartalsskabelon")

    def write(self) -> None:
        """Writes the sheet and the file."""
        sheet = self.book.add_worksheet("Skabelon")
        told = f"Prognose- og kvartalsskabelon pr. {day(self.as_of)}"
        sheet.write_string(0, 0, told, self.format("title"))
        sheet.write_string(1, 0, "Gule felter udfyldes i hånden.", self.format("plain"))
        self.page(sheet)
        sheet.set_column(0, 0, 10)
        sheet.set_column(1, 1, 44)
        for position, label in enumerate(("Ramme", "Funktion")):
            sheet.write_string(_HEADING, position, label, self.format("head"))
        lines = [list(cells) for _, cells in groupby(self.cells, key=_line)]
        for position, cell in enumerate(lines[0], start=2):
            unit = f" ({cell['unit']})" if cell["unit"] else ""
            sheet.set_column(position, position, 17 if cell["unit"] else 40)
            sheet.write_string(
                _HEADING, position, safe_text(cell["label_da"] + unit), self.format("head", "text")
            )
        for number, cells in enumerate(lines, start=_HEADING + 1):
            first = cells[0]
            look = "total" if first["is_whole_frame"] else "text"
            function = " ".join(filter(None, (first["function_no"], first["function_name_da"])))
            self.cell(sheet, number, 0, "text", first["frame_id"], look)
            self.cell(sheet, number, 1, "text", "Hele rammen" if first["is_whole_frame"] else function, look)
            for position, cell in enumerate(cells, start=2):
                if cell["mart_column"] is None:
                    self.cell(sheet, number, position, "text", None, "input")
                else:
                    self.cell(sheet, number, position, "money", cell["value"], look)
        sheet.freeze_panes(_HEADING + 1, 2)
        sheet.repeat_rows(0, _HEADING)
        self.book.close()


def _line(cell: Mapping[str, Any]) -> tuple[Any, ...]:
    return cell["frame_id"], cell["is_whole_frame"], cell["function_no"]
