"""From a delivered Excel workbook to the same staged text as of a text file, so that all else is the same.

Belongs here: finding the rows that somebody filled in, and a cell's value as text. Does not: what the values mean
(`expressions`, profiles), or writing worklists (orchestration/publish/workbooks).

Nothing is computed: a formula is no value. No text of a cell leaves this module but into the staged file.
"""

import csv
import os
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from datetime import date, datetime, time
from decimal import Decimal
from itertools import chain, islice
from pathlib import Path
from typing import IO, Any, Final
from zipfile import ZipFile

from openpyxl import load_workbook

from orchestration.ingest.decode import StagedFile, file_hash
from orchestration.ingest.errors import FileRefused
from orchestration.ingest.landing import shown
from orchestration.ingest.profiles import FileProfile, Format

PLACE_COLUMNS: Final = ("#sheet", "#row", "#formulas")
"""Columns of the staged text beside the file's own: where a row stood, and which of its cells are formulas."""

# Excel's own number of rows; more columns than a list has, and the rows among which its headings are.
_MAX_ROWS, _MAX_COLUMNS, _HEAD_ROWS = 1_048_576, 256, 50
_FORMULA: Final = object()
_UNREADABLE = (
    "not a readable .xlsx workbook (damaged, with a password, or of another format); save it as .xlsx"
)

Values = Sequence[Any]


def listed(name: str) -> str:
    """A column's name as it stands in a list of them."""
    return f"|{name}|"


def stage_workbook(
    source: Path, target: Path, profile: FileProfile, file_format: Format, max_bytes: int
) -> StagedFile:
    """Writes the filled rows of all sheets as one text (mode 0600), with the format's delimiter and marks.

    Raises:
        FileRefused: not a workbook, larger than `max_bytes` unzipped, without a sheet of the profile's, or with one
            that lacks a column.
        OSError: the file cannot be opened.
    """
    digest, size = file_hash(source), source.stat().st_size
    with source.open("rb") as content:
        _refuse_bomb(content, max_bytes)
        lines = _read(content, profile, file_format)
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, delimiter=file_format.delimiter, lineterminator="\n")
        writer.writerows([[*profile.source_columns, *PLACE_COLUMNS], *lines])
    return StagedFile(target, digest, size, len(lines) + 1)


def _refuse_bomb(content: IO[bytes], max_bytes: int) -> None:
    """By the sizes that the container states: nothing reads more than that out of it."""
    try:
        with ZipFile(content) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
    except Exception:  # a damaged list of contents fails in many ways
        size = -1
    if size < 0:
        raise FileRefused(_UNREADABLE)
    if size > max_bytes:
        raise FileRefused(f"larger than the profile's limit of {max_bytes} bytes")


def _read(content: IO[bytes], profile: FileProfile, file_format: Format) -> list[list[str]]:
    """The lines of the staged text below its header."""
    try:
        # warnings are about what openpyxl would lose if it wrote the file again
        with (
            warnings.catch_warnings(),
            closing(load_workbook(content, read_only=True, keep_links=False)) as book,
        ):
            warnings.simplefilter("ignore")
            sheets = ((sheet.title, _rows(sheet)) for sheet in book.worksheets)
            return _lines(sheets, profile, file_format)
    except FileRefused:
        raise
    except Exception as error:  # whatever openpyxl stumbled over, with the file's values in its text
        kind = type(error).__name__
    raise FileRefused(f"{_UNREADABLE} ({kind})")


def _rows(sheet: Any) -> Iterator[list[Any]]:
    """The sheet's rows from its first, an empty one as an empty list; the size that the file states is not believed."""
    sheet.reset_dimensions()
    last, values = None, list[Any]()
    for row in sheet.iter_rows(max_row=_MAX_ROWS, max_col=_MAX_COLUMNS):
        # up to a cell far out openpyxl gives one and the same empty row a million times
        if row is not last:
            values = [_FORMULA if cell.data_type == "f" else cell.value for cell in row]
            last, values = row, values if any(value is not None for value in values) else []
        yield values


def _lines(
    sheets: Iterable[tuple[str, Iterator[list[Any]]]], profile: FileProfile, file_format: Format
) -> list[list[str]]:
    """What is filled in on all sheets, in the order of `source_columns`, and where it stood."""
    rules = profile.workbook
    assert rules is not None
    once: dict[str, Any] = {}
    filled: list[tuple[str, int, dict[str, Any]]] = []
    is_known = False
    for title, rows in sheets:
        head = list(islice(rows, _HEAD_ROWS))
        at = next((at for at, row in enumerate(head) if set(rules.header) <= set(map(_text_of, row))), None)
        if at is None:
            once |= _beside(head, rules.once)
            continue
        is_known = True
        positions = _positions(title, [_text_of(value) for value in head[at]], profile)
        for number, row in enumerate(chain(head[at + 1 :], rows), start=at + 2):
            if not row:
                continue
            values = {
                name: row[position] for name, position in positions.items() if _is_filled(row, position)
            }
            if not values.keys().isdisjoint(rules.filled):
                filled.append((title, number, values))
    if not is_known:
        raise FileRefused(f"no sheet has the headings {', '.join(rules.header)}; it is not a worklist")
    return [
        _line(title, number, once | values, profile.source_columns, file_format)
        for title, number, values in filled
    ]


def _positions(title: str, headings: list[str], profile: FileProfile) -> dict[str, int]:
    """Where the profile's columns stand on a sheet.

    Raises:
        FileRefused: one is missing, or stands there twice.
    """
    positions = {name: headings.index(name) for name in profile.source_columns if name in headings}
    missing = [name for name in profile.required_columns if name not in positions]
    twice = [name for name in positions if headings.count(name) > 1]
    if missing or twice:
        wrong = [f"{', '.join(missing)} missing"] * bool(missing) + [f"{', '.join(twice)} twice"] * bool(
            twice
        )
        raise FileRefused(f"sheet {shown(title)}: wrong columns: {', '.join(wrong)}")
    return positions


def _beside(rows: Iterable[Values], names: Sequence[str]) -> dict[str, Any]:
    """The values right of the cells that hold these names."""
    return {
        _text_of(row[position]): row[position + 1]
        for row in rows
        for position in range(len(row) - 1)
        if _text_of(row[position]) in names and _is_filled(row, position + 1)
    }


def _is_filled(row: Values, position: int) -> bool:
    return position < len(row) and (row[position] is _FORMULA or _text_of(row[position]) != "")


def _text_of(value: Any) -> str:
    """A cell's text on one line, for comparing; other values as Python writes them."""
    return "" if value is None else " ".join(str(value).split())


def _line(
    title: str, number: int, values: dict[str, Any], columns: Sequence[str], file_format: Format
) -> list[str]:
    """One line of the staged text."""
    formulas = [listed(name) for name in columns if values.get(name) is _FORMULA]
    cells = [_written(values.get(name), file_format) for name in columns]
    return [*cells, shown(_text_of(title)), str(number), "".join(formulas)]


def _written(value: Any, file_format: Format) -> str:
    """A cell's value as the format writes it; a time of day beside a date is left out."""
    match value:
        case None:
            return ""
        case bool():
            return (file_format.true_values if value else file_format.false_values)[0]
        case datetime() | date():
            return value.strftime(file_format.date)
        case int():
            return str(value)
        case float():
            plain = str(int(value)) if value.is_integer() else f"{Decimal(repr(value)):f}"
            return plain.replace(".", file_format.decimal)
        case time():
            return value.isoformat()
    return "" if value is _FORMULA else _text_of(value)
