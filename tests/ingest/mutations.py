"""Damage to delivered files, one kind a function: what copying, converting and editing by hand do to them.

Belongs here: how bytes and cells are changed, the same for the same seed. Does not: what becomes of such a file
(`test_mutations`), or what it says (`strict_reader`).
"""

import codecs
import csv
import gzip
import io
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from .strict_reader import Layout

PLANTED_CPR: Final = "6412139876"
"""A replacement number (day of birth + 60), issued to nobody."""

_WORDS: Final = (
    "Zanziba Qvistgaardsen",
    "Å, ø; æ",
    "æøå",
    "İpek Yılmaz",
    "x" * 300,
    "0",
    "None",
    "NULL",
    "-",
)
_NUMBERS: Final = (
    *(
        "1.234,56",
        "1,234.56",
        "1 234,56",
        "1\xa0234,56",
        "1'234.56",
        "1234.5",
        "1234,5",
        "1234,567",
        "1234.567",
    ),
    *(
        "12.345",
        "12,345",
        "kr. 100,00",
        "100,00 kr.",
        "(100,00)",
        "100,00-",
        "-100,00",
        "+100.00",
        "−100,00",
        "- 5",
    ),
    *(
        "1e3",
        "1E+3",
        "0x10",
        "NaN",
        "inf",
        "1/2",
        "٣٤٥",
        "１２３",
        "99999999999999999,99",
        "9" * 40,
        "1,2,3",
        "1..2",
    ),
    *(
        "0",
        "00012,50",
        ",50",
        ".50",
        "5,",
        "5.",
        "--5",
        "-",
        "+",
        "",
        "1,005",
        "2.675",
        "0,1",
        "1\t000",
        "100,00%",
    ),
)
_DATES: Final = (
    *("2022-02-30", "0000-00-00", "9999-12-31", "1899-12-31", "3000-01-01", "31.02.2022", "31-02-2022"),
    *(
        "2022/06/01",
        "06/01/2022",
        "1.6.2022",
        "2022-6-1",
        "01.06.22",
        "01-06-22",
        "20220601",
        "44713",
        "44713,5",
    ),
    *("2022-06-01T00:00:00", "2022-06-01 00:00:00", "2022-06-01T25:00:00+00:00", "01.06.2022 12:00", "i går"),
    *(
        "2022-06-31T00:00:00+00:00",
        "0022-06-01T00:00:00+00:00",
        "99999-01-01T00:00:00+00:00",
        "2022-W22",
        "infinity",
    ),
    *("2022-03-27 02:30:00", "2022-10-30 02:30:00", "1.juni 2022", " 2022-06-01", "epoch", "", "٠١.٠٦.٢٠٢٢"),
)
_FORMULAS: Final = (
    *(
        "=1+1",
        "=SUM(A1:A9)",
        "+1+1",
        "-1+1",
        "@SUM(1)",
        "=HYPERLINK(x)",
        "=cmd|' /C calc'!A0",
        "\t=1+1",
        "'100,00",
    ),
)
_SPACES: Final = (" ", "\t", "\xa0", "\u200b", "\u3000", "\ufeff", "\r", "\v")
_QUOTES: Final = ('"', '""', '"x', 'x"', 'x"y', '"x"y', '"x" ', ' "x"', '"""', "\\")


@dataclass
class Table:
    """A file as cells, to be changed in place."""

    layout: Layout
    header: list[str]
    rows: list[list[str]]
    raw: dict[tuple[int, int], str]  # cells written as they are, whatever they hold

    def copy(self) -> "Table":
        """Another one to damage."""
        return replace(self, header=[*self.header], rows=[[*row] for row in self.rows], raw={})

    def write(self) -> bytes:
        """As its source writes it."""
        out = io.StringIO(newline="")
        writer = csv.writer(out, delimiter=self.layout.delimiter, lineterminator="\r\n")
        writer.writerow(self.header)
        for number, row in enumerate(self.rows):
            line = io.StringIO(newline="")
            csv.writer(line, delimiter=self.layout.delimiter, lineterminator="\r\n").writerow(row)
            marks = {at: text for (at_row, at), text in self.raw.items() if at_row == number}
            if marks:
                cells = [marks.get(at, cell) for at, cell in enumerate(row)]
                out.write(self.layout.delimiter.join(cells) + "\r\n")
            else:
                out.write(line.getvalue())
        return out.getvalue().encode(self.layout.encoding, errors="replace")

    def cell(self, rng: random.Random, *kinds: str) -> tuple[int, int]:
        """A row and a column, of these kinds where the file has any."""
        names = [name for name in self.layout.columns(*kinds) if name in self.header] if kinds else []
        column = self.header.index(rng.choice(names)) if names else rng.randrange(len(self.header))
        row = rng.randrange(len(self.rows))
        return row, min(column, len(self.rows[row]) - 1)

    def put(self, rng: random.Random, text: str, *kinds: str) -> None:
        """Another text in some cell."""
        row, column = self.cell(rng, *kinds)
        self.rows[row][column] = text


Cells = Callable[[random.Random, Table], None]
Bytes = Callable[[random.Random, bytes], bytes]


def _some(rng: random.Random, table: Table, most: int = 3) -> range:
    return range(rng.randint(1, min(most, len(table.rows))))


def drop_column(rng: random.Random, table: Table) -> None:
    at = rng.randrange(len(table.header))
    for row in (table.header, *table.rows):
        del row[at : at + 1]


def double_column(rng: random.Random, table: Table) -> None:
    at, to = rng.randrange(len(table.header)), rng.randrange(len(table.header))
    for row in (table.header, *table.rows):
        row.insert(to, row[at] if at < len(row) else "")


def reorder_columns(rng: random.Random, table: Table) -> None:
    order = rng.sample(range(len(table.header)), len(table.header))
    table.header[:] = [table.header[at] for at in order]
    for row in table.rows:
        row[:] = [row[at] for at in order]


def swap_headings(rng: random.Random, table: Table) -> None:
    """The heading of one column over another: only its values can tell."""
    one, other = rng.sample(range(len(table.header)), 2)
    table.header[one], table.header[other] = table.header[other], table.header[one]


def rename_column(rng: random.Random, table: Table) -> None:
    at = rng.randrange(len(table.header))
    name = table.header[at]
    table.header[at] = rng.choice(
        [name.upper(), f" {name} ", name + "x", "", f'"{name}', name.replace("e", "é"), PLANTED_CPR, "a\nb"]
    )


def add_column(rng: random.Random, table: Table) -> None:
    at = rng.randint(0, len(table.header))
    name = rng.choice(["ny", "Notat", f"cpr {PLANTED_CPR}", "", "y" * 5000, "a\tb", "#sheet", "#row"])
    table.header.insert(at, name)
    for row in table.rows:
        row.insert(at, rng.choice([PLANTED_CPR, "Zanziba", ""]))


def many_columns(rng: random.Random, table: Table) -> None:
    extra = rng.choice([200, 20_000])
    table.header += [f"c{number}" for number in range(extra)]
    table.rows[:] = [row + [""] * extra for row in table.rows[:3]]


def cut_rows(rng: random.Random, table: Table) -> None:
    start = rng.randrange(len(table.rows))
    del table.rows[start : start + rng.randint(1, len(table.rows))]


def double_rows(rng: random.Random, table: Table) -> None:
    for _ in _some(rng, table):
        table.rows.insert(rng.randint(0, len(table.rows)), [*rng.choice(table.rows)])


def shuffle_rows(rng: random.Random, table: Table) -> None:
    rng.shuffle(table.rows)


def cut_row(rng: random.Random, table: Table) -> None:
    """A row that lost its end, or has some more."""
    for _ in _some(rng, table):
        row = rng.choice(table.rows)
        if rng.random() < 0.5:
            del row[rng.randrange(len(row)) :]
        else:
            row += ["more"] * rng.randint(1, 3)


def blank_row(rng: random.Random, table: Table) -> None:
    table.rows.insert(
        rng.randint(0, len(table.rows)), rng.choice([[], [""], [" "], [""] * len(table.header)])
    )


def heading_again(rng: random.Random, table: Table) -> None:
    table.rows.insert(rng.randint(0, len(table.rows)), [*table.header])


def no_heading(rng: random.Random, table: Table) -> None:
    table.header[:] = table.rows.pop(0)


def broken_quote(rng: random.Random, table: Table) -> None:
    for _ in _some(rng, table, 2):
        row, column = table.cell(rng)
        table.raw[row, column] = rng.choice(_QUOTES)


def quoted_text(rng: random.Random, table: Table) -> None:
    """Line breaks, quotes and delimiters where a CSV file may have them."""
    row, column = table.cell(rng)
    text = rng.choice(["to\nlinjer", "to\r\nlinjer", 'et "ord"', ";,;,", "\n", '"', "a\rb", "\n\n\n"])
    table.rows[row][column] = text


def other_number(rng: random.Random, table: Table) -> None:
    for _ in _some(rng, table):
        table.put(rng, rng.choice(_NUMBERS), "money", "quantity", "integer", "percent")


def other_locale(rng: random.Random, table: Table) -> None:
    """A whole column as another country writes it."""
    _, column = table.cell(rng, "money", "quantity", "percent")
    style = rng.choice([("", "."), ("", ","), (".", ","), (",", "."), (" ", ","), ("\xa0", ","), ("'", ".")])
    for row in table.rows:
        if column < len(row) and (number := row[column].replace(table.layout.decimal, ".")):
            try:
                text = f"{float(number):_.2f}"
            except ValueError:
                continue
            row[column] = text.replace(".", style[1]).replace("_", style[0])


def other_sign(rng: random.Random, table: Table) -> None:
    row, column = table.cell(rng, "codes")
    if table.layout.sign[0] in table.header:
        column = table.header.index(table.layout.sign[0])
    table.rows[row][column] = rng.choice(["d", "k", "X", "", "DK", "-", "K ", "Ｋ", "debet"])


def other_date(rng: random.Random, table: Table) -> None:
    for _ in _some(rng, table):
        table.put(rng, rng.choice(_DATES), "date", "local", "utc")


def huge_field(rng: random.Random, table: Table) -> None:
    table.put(rng, rng.choice("xæ7 ") * rng.choice([10_000, 300_000, 3_000_000]))


def huge_heading(rng: random.Random, table: Table) -> None:
    table.header[rng.randrange(len(table.header))] += "x" * rng.choice([10_000, 200_000, 3_000_000])


def formula(rng: random.Random, table: Table) -> None:
    table.put(rng, rng.choice(_FORMULAS), *rng.choice([(), ("money",), ("label",)]))


def cpr_somewhere(rng: random.Random, table: Table) -> None:
    number = rng.choice(
        [PLANTED_CPR, f"{PLANTED_CPR[:6]}-{PLANTED_CPR[6:]}", f"{PLANTED_CPR[:6]} {PLANTED_CPR[6:]}"]
    )
    for _ in _some(rng, table):
        table.put(
            rng, rng.choice(["{}", "{}", "ring til {} i dag", "CPR:{}", "{};{}"]).format(number, number)
        )


def other_text(rng: random.Random, table: Table) -> None:
    table.put(rng, rng.choice(_WORDS))


def empty_cell(rng: random.Random, table: Table) -> None:
    for _ in _some(rng, table):
        table.put(rng, "")


def swap_cells(rng: random.Random, table: Table) -> None:
    """A row whose values moved one column on."""
    row = rng.choice(table.rows)
    at = rng.randrange(len(row))
    row.insert(at, "")
    row.pop()


def spaces(rng: random.Random, table: Table) -> None:
    row, column = table.cell(rng)
    space = rng.choice(_SPACES)
    text = table.rows[row][column]
    table.rows[row][column] = rng.choice([space + text, text + space, text[:2] + space + text[2:], space])


def flip(rng: random.Random, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.choice([1, 1, 3, 20])):
        changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def overwrite(rng: random.Random, data: bytes) -> bytes:
    at, size = rng.randrange(len(data)), rng.randint(1, 60)
    return data[:at] + rng.randbytes(size) + data[at + size :]


def lose(rng: random.Random, data: bytes) -> bytes:
    at = rng.randrange(len(data))
    return data[:at] + data[at + rng.randint(1, 400) :]


def repeat(rng: random.Random, data: bytes) -> bytes:
    at = rng.randrange(len(data))
    return data[:at] + data[at - min(at, rng.randint(1, 400)) :]


def nul(rng: random.Random, data: bytes) -> bytes:
    at = rng.randint(0, len(data))
    return data[:at] + b"\0" * rng.choice([1, 4096]) + data[at:]


def control(rng: random.Random, data: bytes) -> bytes:
    at = rng.randint(0, len(data))
    return data[:at] + bytes([rng.choice([1, 7, 8, 11, 12, 26, 27, 31, 127, 133])]) + data[at:]


def cut(rng: random.Random, data: bytes) -> bytes:
    return data[: rng.randrange(len(data))]


def append(rng: random.Random, data: bytes) -> bytes:
    return data + rng.choice([b"\x1a", b"\r\n\r\n", b"x", b"\r\n;\r\n", b"\0", b"(123 rows)\r\n", data])


def line_ends(rng: random.Random, data: bytes) -> bytes:
    if rng.random() < 0.5:
        return data.replace(b"\r\n", rng.choice([b"\n", b"\r", b"\r\r\n", b"\n\n", b"\n\r"]))
    lines = data.split(b"\r\n")
    return b"".join(line + rng.choice([b"\r\n", b"\n", b"\r"]) for line in lines[:-1])


def other_encoding(rng: random.Random, data: bytes) -> bytes:
    text = data.decode("utf-8" if _is_utf8(data) else "cp1252", errors="replace")
    return text.encode(
        rng.choice(["utf-8", "utf-8-sig", "cp1252", "latin-1", "utf-16", "cp850"]), errors="replace"
    )


def mixed_encoding(rng: random.Random, data: bytes) -> bytes:
    """One line of the file comes from elsewhere."""
    lines = data.split(b"\r\n")
    at = rng.randrange(len(lines))
    text = lines[at].decode("utf-8" if _is_utf8(data) else "cp1252", errors="replace") + "æøå"
    lines[at] = text.encode(rng.choice(["utf-8", "cp1252", "utf-16-le"]), errors="replace")
    return b"\r\n".join(lines)


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def mark(rng: random.Random, data: bytes) -> bytes:
    return rng.choice([codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF8 * 2]) + data


def gz_flip(rng: random.Random, data: bytes) -> bytes:
    return flip(rng, gzip.compress(data, mtime=0))


def gz_cut(rng: random.Random, data: bytes) -> bytes:
    return cut(rng, gzip.compress(data, mtime=0))


def gz_more(rng: random.Random, data: bytes) -> bytes:
    """Something behind the end: nothing, another member, or what is none."""
    more = rng.choice(
        [b"", b"\0" * 100, b"more", gzip.compress(b""), gzip.compress(data), gzip.compress(b"x")[:9]]
    )
    return gzip.compress(data, mtime=0) + more


def gz_no(rng: random.Random, data: bytes) -> bytes:
    return rng.choice([data, gzip.compress(gzip.compress(data)), b"", b"PK\3\4" + data, b"\x1f\x8b"])


def gz_bomb(rng: random.Random, data: bytes) -> bytes:
    """Little that becomes much: a line without end, rows without end, or blank lines without end."""
    header, _, rest = data.partition(b"\r\n")
    row, _, _ = rest.partition(b"\r\n")
    much = rng.choice([b"0" * 100, row + b"\r\n", b"\r\n", b'"' + b"x" * 100])
    head = rng.choice([b"", header + b"\r\n"])
    return gzip.compress(head + much * (150_000_000 // len(much)), mtime=0)


CELL_KINDS: Final[tuple[Cells, ...]] = (
    *(drop_column, double_column, reorder_columns, swap_headings, rename_column, add_column, many_columns),
    *(cut_rows, double_rows, shuffle_rows, cut_row, blank_row, heading_again, no_heading),
    *(
        broken_quote,
        quoted_text,
        other_number,
        other_locale,
        other_sign,
        other_date,
        huge_field,
        huge_heading,
    ),
    *(formula, cpr_somewhere, other_text, empty_cell, swap_cells, spaces),
)
BYTE_KINDS: Final[tuple[Bytes, ...]] = (
    *(
        flip,
        overwrite,
        lose,
        repeat,
        nul,
        control,
        cut,
        append,
        line_ends,
        other_encoding,
        mixed_encoding,
        mark,
    ),
)
GZIP_KINDS: Final[tuple[Bytes, ...]] = (gz_flip, gz_cut, gz_more, gz_no, gz_bomb)
KINDS: Final = (*(kind.__name__ for kind in (*CELL_KINDS, *BYTE_KINDS, *GZIP_KINDS)), "several", "none")
_HEAVY: Final = ("gz_bomb", "huge_field", "huge_heading", "many_columns")


@dataclass(frozen=True)
class Case:
    """A damaged file; the same type, kind and number give the same bytes."""

    layout: Layout
    kind: str
    number: int

    def __str__(self) -> str:
        return f"{self.layout.name} {self.kind} {self.number}"

    @property
    def file_name(self) -> str:
        """Its name in the delivery."""
        return self.layout.file + ".gz" * self.kind.startswith("gz_")

    def damage(self, sound: Table) -> bytes:
        """The file's bytes."""
        rng = random.Random(str(self))
        cells = {kind.__name__: kind for kind in CELL_KINDS}
        on_bytes = {kind.__name__: kind for kind in (*BYTE_KINDS, *GZIP_KINDS)}
        kinds = [self.kind]
        if self.kind == "several":
            light = [name for name in cells if name not in _HEAVY]
            kinds = rng.sample(light, 2) + rng.sample(
                sorted(kind.__name__ for kind in BYTE_KINDS), rng.randint(0, 1)
            )
        table = sound.copy()
        for name in kinds:
            if name in cells and table.rows:
                cells[name](rng, table)
        data = table.write()
        for name in kinds:
            if name in on_bytes:
                data = on_bytes[name](rng, data)
        return data
