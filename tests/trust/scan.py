"""Looks for personal values in everything below a folder, whatever the format: a test's own eye, not the product's.

Belongs here: opening files down to the cell, and finding needles in what is in them. Does not: what the needles are
(a test knows what it delivered), or any rule of the product. A finding says where and of what kind, never the value.

Every file is looked at twice: as its format shows it (cells of Parquet, DuckDB, SQLite, workbooks; pages without
their tags; what is packed, unpacked) and as plain bytes (statistics, freed pages, what no reader shows).
"""

import gzip
import html
import io
import re
import sqlite3
import unicodedata
import zlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote
from zipfile import ZipFile

import duckdb

# 010203-4567, 01 02 03 4567, 01.02.03-4567, and the number as an integer has lost its leading zero. What may not stand
# before comes last: a pattern that begins with a digit is found ten times as fast.
_NUMBER = re.compile(r"\d(?<!\d\d)(?:\d[ ./-]?\d{2}[ ./-]?\d{2}[ ./–-]{0,3}\d{4}|\d{8,})(?!\d)")
_SIX = re.compile(r"\d{6}(?<![\w.,]\d{6})(?![^\W_]|[.,]\d)")
_DATE = re.compile(
    r"\d(?<!\d\d)(?:(?<=(\d))(\d{3})-(\d{2})-(\d{2})|(?<=(\d))(\d?)[./-](\d{1,2})[./-](\d{4}|\d{2}))(?!\d)"
)
_NO_LETTER = re.compile(r"[^\x00-\x7f\w]")
_BLANKS = str.maketrans({chr(code): " " for code in range(128) if not chr(code).isalpha()})
_TAG = re.compile(r"<[^<>]*>")
_AMOUNT = re.compile(r"<v>-?\d{1,7}(?:\.\d+)?</v>|data-order=.-?\d{1,7}(?:\.\d+)?[^\d.]")
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")
_QUOTED = re.compile(r"%[0-9A-Fa-f]{2}")
_ENTITY = re.compile(r"&#?\w+;")
_LETTERS = rb"(?:[A-Za-z]|\xc3[\x80-\xbf])"
_RAW_NUMBER = re.compile(rb"[0-9]{6}(?<![0-9][0-9]{6})-?[0-9]{4}(?![0-9])")
_RAW_WORDS = re.compile(_LETTERS + rb"{2,}(?: " + _LETTERS + rb"{2,})+|" + _LETTERS + rb"{6,}")

_BREAK = "\nⵣ\n"
"""A word of its own between two values: no two of them together make a needle."""

_LITERAL_BREAK = f"'{_BREAK}'"

_PRIVATE_BIRTH = re.compile(r"(^|_)birth_on$")
"""Columns of the private build (lake, warehouse) that are allowed to hold birth dates."""


def folded(text: str) -> str:
    """One Unicode form, in lower case."""
    return unicodedata.normalize("NFC", text).casefold()


@dataclass(frozen=True)
class Needles:
    """What must be nowhere."""

    numbers: frozenset[str] = frozenset()
    """CPR numbers, digits only."""
    names: frozenset[tuple[str, str]] = frozenset()
    """Two words in a row of somebody's name."""
    words: frozenset[str] = frozenset()
    """Single words that are somebody's name and nothing else."""
    prefixes: frozenset[str] = frozenset()
    """Birth dates as the first six digits of a CPR number."""
    births: frozenset[date] = frozenset()
    """Birth dates that are no other date of the data; looked for in every way to write them."""
    texts: frozenset[str] = frozenset()
    """Anything else, as a part of any text: secrets, ids of a forgotten child, pseudonyms."""

    @classmethod
    def of(
        cls,
        *,
        numbers: Iterable[str] = (),
        names: Iterable[str] = (),
        words: Iterable[str] = (),
        births: Iterable[date] = (),
        texts: Iterable[str] = (),
        prefixes: bool = True,
    ) -> "Needles":
        """Needles from values as they are delivered; a whole name gives its pairs of neighbouring words."""
        digits = {re.sub(r"\D", "", number) for number in numbers}
        born = {*births}
        return cls(
            # a leading zero is lost where somebody reads the number as an integer
            numbers=frozenset(digits | {number.lstrip("0") for number in digits}),
            names=frozenset(
                pair for name in names for pair in pairwise(_words(folded(name))) if len(pair[0]) > 1
            ),
            words=frozenset(map(folded, words)),
            prefixes=frozenset(
                ({number[:6] for number in digits if len(number) == 10} if prefixes else set())
                | {f"{day:%d%m%y}" for day in born}
            ),
            births=frozenset(born),
            texts=frozenset(map(folded, texts)),
        )

    @property
    def count(self) -> int:
        """How many there are."""
        return sum(map(len, (self.numbers, self.names, self.words, self.prefixes, self.births, self.texts)))


@dataclass(frozen=True)
class Finding:
    """Where a needle was found, and of what kind it is."""

    path: str
    where: str
    kind: str

    def __str__(self) -> str:
        return f"{self.path}: {self.where}: {self.kind}"


@dataclass
class Report:
    """What was looked at, and what was found."""

    files: int = 0
    bytes: int = 0
    cells: int = 0
    """Values of tables, each where it stands."""
    texts: int = 0
    """Pieces of text that are no table's: pages, logs, names of files."""
    findings: list[Finding] = field(default_factory=list)

    def add(self, other: "Report") -> None:
        """Takes another report in."""
        self.files += other.files
        self.bytes += other.bytes
        self.cells += other.cells
        self.texts += other.texts
        self.findings += other.findings

    def __str__(self) -> str:
        return (
            f"{self.files} files, {self.bytes / 1e6:.0f} MB, {self.cells} cells, {self.texts} texts: "
            f"{len(self.findings)} findings"
        )


def scan(root: Path, needles: Needles, *, skip: Collection[Path] = ()) -> Report:
    """Looks at every file below a folder, and at every name of a file, folder and link.

    Args:
        root: the folder.
        needles: what must not be there.
        skip: folders to leave out, such as landing: that is where it all comes from.
    """
    report = Report()
    for path in sorted(root.rglob("*")):
        if any(folder in (path, *path.parents) for folder in skip):
            continue
        name = path.relative_to(root).as_posix()
        target = str(path.readlink()) if path.is_symlink() else ""
        report.add(_text(needles, name, "name", f"{name} {target}"))
        # a link's file is looked at where it is
        if path.is_file() and not path.is_symlink():
            report.add(scan_file(path, needles, name))
    return report


def scan_text(where: str, text: str, needles: Needles) -> Report:
    """Looks at one text, such as what a command printed."""
    return _text(needles, where, "text", text)


def scan_file(path: Path, needles: Needles, name: str | None = None) -> Report:
    """Looks at one file."""
    name = name or path.name
    data = path.read_bytes()
    report = Report(files=1, bytes=len(data))
    if data[:4] == b"PAR1":
        with duckdb.connect() as connection:
            connection.from_parquet(str(path), hive_partitioning=False).create_view("piece")
            report.add(_table(connection, needles, name, "piece", "parquet"))
    elif data[8:12] == b"DUCK":
        report.add(_database(path, needles, name))
    elif data[:15] == b"SQLite format 3":
        report.add(_sqlite(path, needles, name))
    else:
        report.add(_content(needles, name, "content", data))
        if b"\x00" not in data:
            return report
    report.add(_bytes(needles, name, data))
    return report


def _content(needles: Needles, name: str, where: str, data: bytes) -> Report:
    """What is in a file or a member of one: unpacked as far as it goes, then read as text."""
    report = Report()
    if data[:2] == b"\x1f\x8b":
        report.add(_content(needles, name, f"{where} unzipped", gzip.decompress(data)))
    elif data[:4] == b"PK\x03\x04":
        with ZipFile(io.BytesIO(data)) as archive:
            for member in archive.namelist():
                report.add(_content(needles, name, f"{where} {member}", archive.read(member)))
    else:
        report.add(_text(needles, name, where, _decoded(data)))
    return report


def _database(path: Path, needles: Needles, name: str) -> Report:
    report = Report()
    with duckdb.connect(str(path), read_only=True) as connection:
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables() where not internal order by all"
        ).fetchall()
        for schema, table in tables:
            report.add(_table(connection, needles, name, f'"{schema}"."{table}"', f"{schema}.{table}"))
        described = connection.execute(
            "select concat_ws(' ', comment, sql) from duckdb_tables() union all "
            "select concat_ws(' ', comment, sql) from duckdb_views() where not internal union all "
            "select comment from duckdb_columns() where comment is not null"
        ).fetchall()
    report.add(_text(needles, name, "catalog", "\n".join(text for (text,) in described)))
    return report


def _table(
    connection: duckdb.DuckDBPyConnection, needles: Needles, name: str, table: str, shown: str
) -> Report:
    """Every value of a table, each different one of a column once."""
    report = Report()
    columns = connection.execute(f"describe {table}").fetchall()
    asked = {
        name_: _asked(f'"{name_}"', type_, needles)
        for name_, type_, *_ in columns
        if name.startswith("published") or not (type_ == "DATE" and _PRIVATE_BIRTH.search(name_))
    }
    wanted = {column: query for column, query in asked.items() if query}
    lists = ", ".join(f"array_to_string({query}, {_LITERAL_BREAK})" for query in ["[]", *wanted.values()])
    rows, _, *texts = connection.execute(f"select count(*), {lists} from {table}").fetchone() or (0, "")
    report.cells = rows * len(columns)
    for column, text in zip(wanted, texts, strict=True):
        kinds = _kinds(needles, text or "")
        report.findings += [Finding(name, f"{shown}.{column}", kind) for kind in sorted(kinds)]
    return report


def _asked(column: str, type_: str, needles: Needles) -> str | None:
    """SQL for the different values of a column that can be a needle, as texts."""
    if type_ in ("BOOLEAN", "TIME"):
        return None
    if type_.startswith(("DATE", "TIMESTAMP")):
        return f"list(distinct {column}::date::varchar)" if needles.births else None
    if re.match(r"DECIMAL|.*INT|DOUBLE|FLOAT", type_):
        # an amount is no birth date; a whole number can be a CPR number
        return f"list(distinct trunc({column})::hugeint::varchar) filter (abs({column}) between 1e8 and 1e10)"
    return f"list(distinct {column}::varchar)"


def _sqlite(path: Path, needles: Needles, name: str) -> Report:
    report = Report()
    # what is in the log beside it counts too
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
        tables = connection.execute("select name from sqlite_master where type = 'table'").fetchall()
        for (table,) in tables:
            cursor = connection.execute(f'select * from "{table}"')
            for row in cursor:
                for column, value in zip(cursor.description, row, strict=True):
                    report.cells += 1
                    where = f"{table}.{column[0]}"
                    if isinstance(value, bytes):
                        report.add(_text(needles, name, where, _decoded(_inflated(value))))
                    elif isinstance(value, str):
                        report.add(_text(needles, name, where, value))
    connection.close()
    return report


def _inflated(data: bytes) -> bytes:
    """What Dagster has packed with zlib, unpacked."""
    try:
        return zlib.decompress(data)
    except zlib.error:
        return data


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _text(needles: Needles, name: str, where: str, text: str) -> Report:
    """A text as it stands and as a reader sees it: no tags, no escapes."""
    # a number in a cell of a workbook or a page: as in a table, an amount is no birth date
    text = _AMOUNT.sub(" ", text)
    seen = [text]
    if _ESCAPE.search(text):
        seen.append(_ESCAPE.sub(lambda hit: chr(int(hit[1], 16)), text))
    if _QUOTED.search(text):
        seen.append(unquote(text))
    if "</" in text or _ENTITY.search(text):
        seen.append(html.unescape(_TAG.sub(" ", text)))
    kinds = set().union(*(_kinds(needles, piece) for piece in dict.fromkeys(seen)))
    return Report(texts=1, findings=[Finding(name, where, kind) for kind in sorted(kinds)])


def _bytes(needles: Needles, name: str, data: bytes) -> Report:
    """What the bytes say by themselves, with no need to know the format."""
    kinds = set()
    if needles.numbers & {hit.replace(b"-", b"").decode() for hit in _RAW_NUMBER.findall(data)}:
        kinds.add("number")
    runs = [folded(run.decode("utf-8", "ignore")).split(" ") for run in set(_RAW_WORDS.findall(data))]
    if any(needles.names.intersection(pairwise(run)) for run in runs):
        kinds.add("name")
    # short words come about by chance in packed bytes
    if any(len(word) > 5 and word in needles.words for run in runs for word in run):
        kinds.add("name")
    lowered = data.lower() if needles.texts else b""
    if any(text.encode() in lowered for text in needles.texts):
        kinds.add("text")
    return Report(findings=[Finding(name, "bytes", kind) for kind in sorted(kinds)])


def _kinds(needles: Needles, text: str) -> set[str]:
    """The kinds of needles in a text."""
    lowered = folded(text)
    kinds = set()
    if needles.numbers and any(
        re.sub(r"\D", "", hit) in needles.numbers or hit.lstrip("0") in needles.numbers
        for hit in _NUMBER.findall(lowered)
    ):
        kinds.add("number")
    if needles.prefixes and needles.prefixes.intersection(_SIX.findall(lowered)):
        kinds.add("birth date")
    if needles.births and any(
        day in needles.births for parts in set(_DATE.findall(lowered)) for day in _days(parts)
    ):
        kinds.add("birth date")
    if needles.names or needles.words:
        words = _words(lowered)
        if needles.words.intersection(words) or needles.names.intersection(pairwise(words)):
            kinds.add("name")
    if any(part in lowered for part in needles.texts):
        kinds.add("text")
    return kinds


def _days(parts: Sequence[str]) -> Iterator[date]:
    """What a written date can mean: the year in four digits or two, the ISO way or the Danish."""
    iso, danish = parts[:4], parts[4:]
    year, month, day = (
        (iso[0] + iso[1], iso[2], iso[3]) if iso[0] else (danish[3], danish[2], danish[0] + danish[1])
    )
    for century in (0,) if len(year) == 4 else (1900, 2000):
        with suppress(ValueError):
            yield date(century + int(year), int(month), int(day))


def _words(text: str) -> list[str]:
    """The words of a folded text: runs of letters. What is no letter parts them."""
    if not text.isascii():
        text = _NO_LETTER.sub(" ", text)
    return text.translate(_BLANKS).split()
