"""Damaged worklists: refused with one clear line, or loaded so that each answer is one that stands in the workbook.

The workbook is read a second time from its XML, without openpyxl. The short version takes each kind of damage once.
"""

import io
import random
import re
import zipfile
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree

import duckdb
import pytest
from openpyxl import load_workbook

from orchestration.ingest import Delivery, ingest, load_deliveries
from orchestration.settings import Settings

from .. import worklists
from ..worklists import gap_id
from . import mutations
from .mutations import PLANTED_CPR

ROUNDS: Final = 12
BATCH: Final = 20
FIRST: Final = date(2022, 7, 4)
FILE: Final = "Team Nord.xlsx"
FILLED: Final = ("Afgørelse", "Kommentar", "Gælder til", "Kobl til")
HEADINGS: Final = {"Kommentar", "Udfyldt af", "Dato"}
_MAIN: Final = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_WORDS: Final = {
    "Kommentar": "COMMENT",
    "Undtaget": "WAIVE",
    "Accepteret": "ACCEPT",
    "Ophævet": "REVOKE",
}

Answer = tuple[str | None, ...]
"""Gap, posting, decision, course, comment and date: what the lake keeps of an answer."""


@pytest.fixture(scope="module")
def worklist(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A filled worklist of made-up gaps: comments, waivers, acceptances and a coupling."""
    folder = tmp_path_factory.mktemp("worklist")
    gaps = [{"gap_id": gap_id(number), "rule_id": f"A0{number % 3 + 1}"} for number in range(12)]
    (path,) = worklists.write(folder, gaps, [{"gap_id": gap_id(1)}])
    signed = {"Udfyldt af": "abc", "Dato": "01-07-2022"}
    waived = {"Afgørelse": "Undtaget", "Kommentar": "Retssag", "Gælder til": "31-12-2022"}
    answers: dict[str, Mapping[str, Any]] = {
        gap_id(number): {"Kommentar": f"Rykket {number}", **signed} for number in range(6)
    }
    answers[gap_id(6)] = {**waived, **signed}
    answers[gap_id(7)] = {
        "Afgørelse": "Accepteret",
        "Kommentar": "Aftalt",
        **signed,
        "Dato": date(2022, 7, 2),
    }
    answers["5100000001"] = {"Kobl til": 834, **signed}
    worklists.fill(path, answers)
    return path.read_bytes()


# --- damage ---------------------------------------------------------------------------------------------------------


def _edited(change: Callable[[random.Random, Any], None]) -> Callable[[random.Random, bytes], bytes]:
    """Damage by somebody who opens the workbook and saves it again."""

    def edit(rng: random.Random, data: bytes) -> bytes:
        book: Any = load_workbook(io.BytesIO(data))
        change(rng, book)
        out = io.BytesIO()
        book.save(out)
        return out.getvalue()

    edit.__name__ = change.__name__
    return edit


def _list(rng: random.Random, book: Any) -> Any:
    """A sheet that is a list: its headings stand in row 3."""
    return rng.choice([sheet for sheet in book.worksheets if {cell.value for cell in sheet[3]} >= HEADINGS])


def _cell(rng: random.Random, book: Any) -> Any:
    sheet = _list(rng, book)
    return sheet.cell(rng.randint(4, max(4, sheet.max_row)), rng.randint(1, sheet.max_column))


def other_value(rng: random.Random, book: Any) -> None:
    values = [
        "",
        " ",
        "x" * 40_000,
        "to\nlinjer",
        1,
        1.5,
        -1,
        10**15,
        True,
        "#REF!",
        date(1901, 1, 1),
        "31-12-2022",
    ]
    values += [
        datetime(2022, 7, 1, 12, 30),  # noqa: DTZ001 - as Excel has it
        "2022-07-01",
        '"',
        ";",
        "'=1",
        "Undtaget",
        "æ\u2028ø",
        "_x0000_",
        "\t",
    ]
    for _ in range(rng.randint(1, 4)):
        _cell(rng, book).value = rng.choice(values)


def formula(rng: random.Random, book: Any) -> None:
    for _ in range(rng.randint(1, 4)):
        _cell(rng, book).value = rng.choice(["=1+1", "=TODAY()", "=A1", '="Undtaget"', '=HYPERLINK("x")'])


def personal(rng: random.Random, book: Any) -> None:
    number = f"{PLANTED_CPR[:6]}{rng.choice(['', '-', ' '])}{PLANTED_CPR[6:]}"
    for _ in range(rng.randint(1, 4)):
        _cell(rng, book).value = rng.choice([number, int(PLANTED_CPR), f"ring til {number}"])
    if rng.random() < 0.3:
        _list(rng, book).title = number


def heading(rng: random.Random, book: Any) -> None:
    sheet = _list(rng, book)
    one, other = rng.sample(range(1, sheet.max_column + 1), 2)
    value = rng.choice([sheet.cell(3, other).value, "Andet", None, f"{sheet.cell(3, one).value} "])
    sheet.cell(3, one).value = value


def rows(rng: random.Random, book: Any) -> None:
    sheet = _list(rng, book)
    at = rng.randint(1, sheet.max_row)
    rng.choice([sheet.insert_rows, sheet.delete_rows])(at, rng.randint(1, 3))


def columns(rng: random.Random, book: Any) -> None:
    sheet = _list(rng, book)
    rng.choice([sheet.insert_cols, sheet.delete_cols])(rng.randint(1, sheet.max_column))


def copied_rows(rng: random.Random, book: Any) -> None:
    sheet = _list(rng, book)
    for row in list(sheet.iter_rows(min_row=4, values_only=True)):
        sheet.append(row)


def sheets(rng: random.Random, book: Any) -> None:
    sheet = _list(rng, book)
    match rng.randrange(4):
        case 0:
            book.remove(sheet)
        case 1:
            book.copy_worksheet(sheet)
        case 2:
            sheet.sheet_state = "hidden"
        case 3:
            book.move_sheet(sheet, -len(book.worksheets))


def merged(rng: random.Random, book: Any) -> None:
    _list(rng, book).merge_cells("A4:C6")


def _part(rng: random.Random, data: bytes, change: Callable[[bytes], bytes]) -> bytes:
    """One file inside the container is another, and the container is sound."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        chosen = rng.choice(old.namelist())
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, change(content) if name == chosen else content)
    return out.getvalue()


def part_flip(rng: random.Random, data: bytes) -> bytes:
    return _part(rng, data, lambda content: mutations.flip(rng, content))


def part_cut(rng: random.Random, data: bytes) -> bytes:
    return _part(rng, data, lambda content: mutations.cut(rng, content))


def part_gone(rng: random.Random, data: bytes) -> bytes:
    return _part(rng, data, lambda _: b"")


def part_nul(rng: random.Random, data: bytes) -> bytes:
    return _part(rng, data, lambda content: mutations.nul(rng, content))


def part_number(rng: random.Random, data: bytes) -> bytes:
    """Another number somewhere in the XML: an index, a row, a style, a size."""

    def other(content: bytes) -> bytes:
        found = list(re.finditer(rb'(?<=")[0-9]+(?=")|(?<=<v>)[0-9]+(?=</v>)', content))
        if not found:
            return content
        match = rng.choice(found)
        number = rng.choice(
            [b"0", b"-1", b"1", b"999999999", b"1e999", b"NaN", b"2958466", b"99999999999999999999"]
        )
        return content[: match.start()] + number + content[match.end() :]

    return _part(rng, data, other)


def bomb(rng: random.Random, data: bytes) -> bytes:
    return _part(rng, data, lambda content: content + b" " * 120_000_000)


EDITS: Final = (other_value, formula, personal, heading, rows, columns, copied_rows, sheets, merged)
BYTES: Final = (
    mutations.flip,
    mutations.overwrite,
    mutations.lose,
    mutations.repeat,
    mutations.cut,
    mutations.append,
)
PARTS: Final = (part_flip, part_cut, part_gone, part_nul, part_number, bomb)
DAMAGE: Final = {change.__name__: change for change in (*map(_edited, EDITS), *BYTES, *PARTS)}


# --- a second reading -----------------------------------------------------------------------------------------------


def _said(data: bytes) -> tuple[int, set[Answer]] | None:
    """How many rows are filled in, and the answers; None where the XML is not to be read this way."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > 100_000_000:
                return None
            shared = _shared(archive)
            tables = [_cells(archive.read(name), shared) for name in _sheet_parts(archive)]
    except Exception:
        return None
    once: dict[str, str] = {}
    found: list[dict[str, str]] = []
    for table in tables:
        top = [row for row in sorted(table) if row <= 50]
        at = next((row for row in top if set(table[row].values()) >= HEADINGS), None)
        if at is None:
            once |= {
                value: cells[column + 1]
                for cells in table.values()
                for column, value in cells.items()
                if value in ("Udfyldt af", "Dato") and cells.get(column + 1)
            }
            continue
        names = {column: name for column, name in table[at].items() if name}
        for row in sorted(table):
            values = {name: table[row].get(column, "") for column, name in names.items()}
            if row > at and any(values.get(name) for name in FILLED):
                found.append(values)
    return len(found), {_answer({**once, **{k: v for k, v in values.items() if v}}) for values in found}


def _sheet_parts(archive: zipfile.ZipFile) -> list[str]:
    return [name for name in archive.namelist() if re.fullmatch(r"xl/worksheets/sheet\d+\.xml", name)]


def _shared(archive: zipfile.ZipFile) -> list[str]:
    if "xl/sharedStrings.xml" not in archive.namelist():
        return []
    root = ElementTree.fromstring(archive.read("xl/sharedStrings.xml"))
    return ["".join(text.text or "" for text in item.iter(f"{_MAIN}t")) for item in root]


def _cells(xml: bytes, shared: list[str]) -> dict[int, dict[int, str]]:
    """Row → column → text on one line; a formula has none, whatever value was kept with it."""
    table: dict[int, dict[int, str]] = {}
    for cell in ElementTree.fromstring(xml).iter(f"{_MAIN}c"):
        match = re.fullmatch(r"([A-Z]+)([0-9]+)", cell.get("r", ""))
        assert match is not None
        column = 0
        for letter in match[1]:
            column = column * 26 + ord(letter) - 64
        value = cell.findtext(f"{_MAIN}v") or ""
        if cell.find(f"{_MAIN}f") is not None:
            text = "=?"
        elif cell.get("t") == "s":
            text = shared[int(value)]
        elif cell.get("t") == "inlineStr":
            text = "".join(part.text or "" for part in cell.iter(f"{_MAIN}t"))
        else:
            text = value
        table.setdefault(int(match[2]), {})[column] = " ".join(text.split())
    return table


def _answer(values: Mapping[str, str]) -> Answer:
    """As the lake would keep it, were it in order."""
    coupled, comment = values.get("Kobl til"), values.get("Kommentar")
    word = values.get("Afgørelse") or ("Koblet" if coupled else "Kommentar" if comment else "")
    decision = "MATCH" if word == "Koblet" else _WORDS.get(word)
    return (
        *(values.get(name) or None for name in ("Mangel-id", "Postering")),
        decision,
        *(coupled or None, comment or None, _day(values.get("Dato", ""))),
    )


def _day(text: str) -> str | None:
    if re.fullmatch("[0-9]{5}([.][0-9]+)?", text):
        return str(date(1899, 12, 30) + timedelta(days=int(float(text))))
    try:
        return str(datetime.strptime(text, "%d-%m-%Y").date())  # noqa: DTZ007 - a day
    except ValueError:
        return None


# --- the test -------------------------------------------------------------------------------------------------------


@pytest.mark.torture
def test_a_damaged_worklist_is_refused_or_means_what_it_says(
    settings: Settings, worklist: bytes, torture: bool, record_property: Callable[[str, object], None]
) -> None:
    said = _said(worklist)
    assert said is not None
    assert len(said[1]) == 9
    cases = [("none", 0)] + [(kind, number) for kind in DAMAGE for number in range(ROUNDS if torture else 1)]
    outcomes = Counter[tuple[str, str]]()
    problems: list[str] = []
    for start in range(0, len(cases), BATCH):
        home = settings.model_copy(update={"home": settings.home_path / str(start)})
        problems += _try(home, cases[start : start + BATCH], worklist, outcomes)
    for kind in ("none", *DAMAGE):
        record_property(kind, {outcome: n for (of, outcome), n in outcomes.items() if of == kind})
    assert not problems, f"{len(problems)} of {len(cases)} cases:\n" + "\n".join(problems[:20])
    assert outcomes["none", "loaded"] == 1


def _try(
    settings: Settings, cases: list[tuple[str, int]], sound: bytes, outcomes: Counter[tuple[str, str]]
) -> list[str]:
    """One ingest of a delivery a case; what is wrong with what came of them."""
    files: dict[date, tuple[str, bytes]] = {}
    for at, (kind, number) in enumerate(cases):
        day = FIRST + timedelta(days=at)
        data = DAMAGE[kind](random.Random(f"{kind} {number}"), sound) if kind in DAMAGE else sound
        path = settings.landing_path / "plan" / str(day) / FILE
        path.parent.mkdir(parents=True)
        path.write_bytes(data)
        files[day] = f"{kind} {number}", data
    try:
        result = ingest(settings)
    except Exception as error:
        return [f"{cases}: ended the run with {type(error).__name__}"]
    deliveries = {delivery.extract_date: delivery for delivery in load_deliveries(settings.lake_path)}
    problems = [
        f"{name}: {problem}"
        for day, (name, data) in files.items()
        for problem in _problems(settings, name, data, sound, deliveries.get(day), outcomes)
    ]
    told = [*result.messages, *(path.read_text() for path in settings.lake_path.rglob("*.json"))]
    problems += [f"{line[:80]!r}: not one line" for line in result.messages if not line.isprintable()]
    kept = "\n".join(_texts(path) for path in settings.lake_path.rglob("*.parquet"))
    if re.search(rf"{PLANTED_CPR[:6]}[ –-]?{PLANTED_CPR[6:]}", "\n".join([*told, kept])):
        problems.append("a planted number was told or kept")
    return problems


def _problems(
    settings: Settings,
    name: str,
    data: bytes,
    sound: bytes,
    delivery: Delivery | None,
    outcomes: Counter[tuple[str, str]],
) -> list[str]:
    kind = name.partition(" ")[0]
    if delivery is None:
        return ["neither loaded nor refused"]
    if delivery.status == "refused":
        outcomes[kind, "refused"] += 1
        return (
            [] if (delivery.reason or "").startswith(f"{FILE}: ") else ["the refusal does not name the file"]
        )
    (file,) = delivery.files
    outcomes[kind, "rows" if file.quarantined else "loaded"] += 1
    columns = "gap_id, posting_id, decision, course_payment_id, comment_da, CAST(decided_on AS VARCHAR)"
    path = settings.lake_path / str(file.lake_file)
    kept = duckdb.execute(f"SELECT {columns} FROM read_parquet(?)", [str(path)]).fetchall()
    problems = []
    if len(kept) != file.accepted or file.accepted + file.quarantined != file.rows:
        problems.append("lake and record do not tie")
    said = _said(data)
    if said is not None and file.rows != said[0] and not kind.startswith("part_"):
        problems.append(f"{said[0]} rows are filled in, {file.rows} were read")
    answers = (_said(sound) or (0, set()))[1] | (said[1] if said else set())
    problems += ["an answer that nobody gave" for answer in kept if not _is_among(answer, answers)]
    return problems[:3]


def _is_among(kept: Answer, answers: set[Answer]) -> bool:
    """A text in which a CPR number was hidden stands for any."""
    hidden = ("[CPR]", "cpr-")
    return any(
        all(
            a == b or (a is not None and any(mark in a for mark in hidden))
            for a, b in zip(kept, said, strict=True)
        )
        for said in answers
    )


def _texts(path: Path) -> str:
    found = duckdb.execute(f"SELECT * EXCLUDE (file_hash) FROM read_parquet('{path}')").fetchall()
    return "\n".join(str(value) for row in found for value in row)
