"""Excel workbooks' common ground: one file that is the same each time, with the pages' looks and no formula in a text.

Belongs here: cells, formats, names of sheets, the printed page. Does not: what a workbook holds (workbooks,
overview_workbooks).
"""

import re
from collections.abc import Iterable
from datetime import date, datetime, time
from pathlib import Path
from textwrap import shorten
from typing import Any, Final

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from orchestration.templating import NUMBERS, short_day

# Excel's own limits
_LONGEST_CELL, _LONGEST_SHEET_NAME = 32_767, 31


def safe_text(value: object) -> str:
    """A text that no spreadsheet reads as a formula, also after the sheet was saved as CSV."""
    text = str(value)[: _LONGEST_CELL - 1]
    is_risky = text.startswith(("\t", "\r", "\n")) or text.lstrip().startswith(("=", "+", "-", "@"))
    return f"'{text}" if is_risky else text


def sheet_names(titles: Iterable[str], taken: Iterable[str] = ()) -> list[str]:
    """A name that Excel takes for each title, in order: at most 31 characters, and no two the same.

    Args:
        titles: what the sheets are about.
        taken: names that other sheets have.
    """
    used = {name.casefold() for name in (*taken, "History")}
    names = []
    for title in titles:
        clean = re.sub(r"[\[\]:*?/\\\x00-\x1f]", " ", title)
        name, number = _cut(clean, _LONGEST_SHEET_NAME), 1
        while name.casefold() in used:
            number += 1
            name = f"{_cut(clean, _LONGEST_SHEET_NAME - 3)} {number}"
        used.add(name.casefold())
        names.append(name)
    return names


def _cut(text: str, length: int) -> str:
    """The first words of a text; Excel counts in UTF-16 and takes no apostrophe at an end."""
    words = shorten(text, length, placeholder="…")
    return words.encode("utf-16-le")[: 2 * length].decode("utf-16-le", "ignore").strip(" '") or "Ark"


class Book:
    """A workbook being written; text is written as text, whatever it looks like."""

    def __init__(self, path: Path, title: str, as_of: date, footer: str) -> None:
        """Opens the file.

        Args:
            path: of the file.
            title: of the workbook.
            as_of: the figures' date; also the file's own, since the time of writing would make every file another one.
            footer: what each printed page says it is.
        """
        self.as_of, self.footer = as_of, footer
        never = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
        self.book = Workbook(str(path), never)
        created = datetime.combine(as_of, time())
        self.book.set_properties({"title": title, "author": "Kobling", "created": created})
        self.formats: dict[tuple[str, ...], Format] = {}

    def cell(self, sheet: Worksheet, row: int, position: int, kind: str, value: Any, look: str) -> None:
        """Writes a value of the kind (a look of that name), looking like `look`; nothing for `None`."""
        cell_format = self.format(kind, look)
        if value is None:
            sheet.write_blank(row, position, None, cell_format)
        elif kind in ("date", "month"):
            sheet.write_datetime(row, position, value, cell_format)
        elif kind in (*NUMBERS, "year"):
            sheet.write_number(row, position, float(value), cell_format)
        else:
            sheet.write_string(row, position, safe_text(value), cell_format)

    def page(self, sheet: Worksheet) -> None:
        """Landscape A4, as wide as the sheet."""
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        sheet.set_footer(f"&L&A&C{self.footer.replace('&', '&&')} pr. {short_day(self.as_of)}&RSide &P af &N")

    def format(self, *looks: str) -> Format:
        """A cell's looks, each set of them once; a later look goes before an earlier one."""
        if looks not in self.formats:
            values: dict[str, Any] = {"font_name": "Calibri", "font_size": 11, "valign": "top"}
            for look in looks:
                values |= _LOOKS[look]
            self.formats[looks] = self.book.add_format(values)
        return self.formats[looks]


_LINE: Final = {"bottom": 1, "bottom_color": "#D9DFE6"}
# The pages' colours (templates/style.css).
_LOOKS: Final[dict[str, dict[str, Any]]] = {
    "plain": {},
    "text": {"text_wrap": True, **_LINE},
    "right": {"align": "right"},
    "number": {"num_format": "#,##0", "align": "right"},
    "money": {"num_format": "#,##0.00", "align": "right", "indent": 1},
    "exact": {"num_format": "#,##0.00", "align": "right", "indent": 1},
    "decimal": {"num_format": "#,##0.0", "align": "right"},
    "share": {"num_format": "#,##0.0", "align": "right"},
    "year": {"num_format": "0", "align": "left"},
    "date": {"num_format": "dd-mm-yyyy", "align": "left"},
    "month": {"num_format": "mmm yyyy", "align": "left"},
    "id": {"num_format": "@"},
    "input": {"bg_color": "#FFF8DC", "text_wrap": True, "border": 1, "border_color": "#D9DFE6"},
    "head": {"bold": True, "bg_color": "#134B6B", "font_color": "#FFFFFF", "valign": "vcenter"},
    "asked": {"bg_color": "#855A00"},
    "total": {"bold": True, "top": 1, "top_color": "#5A6675"},
    "bold": {"bold": True},
    "title": {"bold": True, "font_size": 15, "font_color": "#134B6B"},
    "heading": {"bold": True, "font_size": 12, "font_color": "#134B6B"},
    "link": {"font_color": "#134B6B", "underline": 1, "text_wrap": True, **_LINE},
    "red": {"bg_color": "#FBE9E9", "font_color": "#9D1C1C", "bold": True},
    "amber": {"bg_color": "#FDF3DC", "font_color": "#855A00", "bold": True},
    "warning": {"font_color": "#9D1C1C", "bold": True},
    "back": {"font_color": "#5A6675", "italic": True},
}
