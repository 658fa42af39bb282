"""From a staged text file to typed Parquet: contract check of the header, one streaming pass, bad rows aside.

Belongs here: everything DuckDB does with one file. Does not: bytes and encodings (`decode`), the expressions
themselves (`expressions`), or where the results go (`lake`). No DuckDB error text leaves this module: it can
hold a row's content.
"""

import csv
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

import duckdb

from orchestration.errors import KoblingError
from orchestration.ingest.decode import StagedFile
from orchestration.ingest.errors import FileRefused
from orchestration.ingest.expressions import FileSql, file_sql, literal
from orchestration.ingest.landing import LandedFile, shown
from orchestration.ingest.profiles import FileProfile
from orchestration.ingest.workbook import PLACE_COLUMNS

MEMORY_LIMIT = "1GB"
READ_BYTES = 8 * 1024 * 1024
_MACROS = (Path(__file__).parent / "identifiers.sql").read_text(encoding="utf-8")
_BLOCK = 64
# far more than any source's; what is longer is no header and would only cost memory
_MAX_HEADER, _MAX_COLUMNS = 50_000, 500
_REJECTS = {
    "MISSING COLUMNS": "has too few columns",
    "TOO MANY COLUMNS": "has too many columns",
    "UNQUOTED VALUE": "has a quote out of place",
}
# no text: where an empty cell is a NULL, DuckDB overlooks empty cells that are too many in a row
_NOWHERE = "\x1f\x1f"
_REPEATED = "repeats a key of this file"


@dataclass(frozen=True)
class LoadedFile:
    """A file's typed rows (`data`), its list of bad rows (`quarantine`, None without any) and the figures."""

    data: Path
    quarantine: Path | None
    rows: int
    accepted: int
    amount_total_dkk: Decimal | None
    balance_total_dkk: Decimal | None
    warnings: list[str]

    @property
    def quarantined(self) -> int:
        """Rows that are not in `data`."""
        return self.rows - self.accepted


class TooManyBadRows(FileRefused):
    """More bad rows than the profile allows; `quarantine` lists them."""

    def __init__(self, text: str, quarantine: Path) -> None:
        super().__init__(text)
        self.quarantine = quarantine


class Database:
    """A private in-memory DuckDB with the macros, for one run of ingest; `spill` is its temporary folder."""

    def __init__(self, key: bytes, spill: Path) -> None:
        self._connection = duckdb.connect(
            config={
                "memory_limit": MEMORY_LIMIT,
                "threads": min(4, os.cpu_count() or 1),
                "temp_directory": str(spill),
                "autoinstall_known_extensions": False,
            }
        )
        self._connection.execute(_MACROS)
        padded = (sha256(key).digest() if len(key) > _BLOCK else key).ljust(_BLOCK, b"\0")
        self._pads = {
            name: bytes(byte ^ pad for byte in padded)
            for name, pad in (("kobling_ipad", 0x36), ("kobling_opad", 0x5C))
        }

    @contextmanager
    def session(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A session with the key's HMAC pads; its temporary tables and rejected rows end with it."""
        session = self._connection.cursor()
        try:
            session.execute("SET TimeZone = 'UTC'")
            for name, pad in self._pads.items():
                session.execute(f"SET VARIABLE {name} = ?", [pad])
            yield session
        finally:
            session.close()

    def close(self) -> None:
        """End of the run."""
        self._connection.close()


def load_file(database: Database, landed: LandedFile, staged: StagedFile, work: Path) -> LoadedFile:
    """Type a staged file into `work` (a private folder of the file's own).

    Raises:
        FileRefused: wrong columns, no rows, truncated, a quote never closed, a failed control total, or
            (`TooManyBadRows`) more bad rows than allowed.
        KoblingError: disk or memory does not suffice.
    """
    header = _read_header(staged.path, landed.profile.format_of(landed.file).delimiter)
    warnings = _check_header(header, landed.file)
    sql = file_sql(landed.file, landed.profile.format_of(landed.file), header, landed.parts)
    with database.session() as session:
        return _guarded(lambda: _Load(session, landed, staged, header, sql, work).run(warnings))


def _named(expressions: dict[str, str]) -> list[str]:
    return [f"{expression} AS {name}" for name, expression in expressions.items()]


def _guarded(load: Callable[[], LoadedFile]) -> LoadedFile:
    """Run it, and say what failed without DuckDB's words (raised outside `except`: no context goes along)."""
    try:
        return load()
    except (duckdb.OutOfMemoryException, duckdb.IOException) as error:
        failure: Exception = KoblingError(
            f"ingest stopped ({type(error).__name__}): free disk space or memory and run again"
        )
    except duckdb.Error as error:
        failure = FileRefused(f"cannot be read by its profile ({type(error).__name__})")
    raise failure


def _read_header(path: Path, delimiter: str) -> list[str]:
    """The column names of the first line, trimmed.

    Raises:
        FileRefused: it is no line of headings.
    """
    with path.open(encoding="utf-8", newline="\n") as file:
        line = file.readline(_MAX_HEADER)
    if len(line) == _MAX_HEADER:
        raise FileRefused(f"wrong columns: the first line has more than {_MAX_HEADER} characters")
    if line.count('"') % 2:
        raise FileRefused("wrong columns: a quote in the first line is not closed")
    header = [name.strip() for name in next(csv.reader([line.rstrip("\n")], delimiter=delimiter), [])]
    if len(header) > _MAX_COLUMNS:
        raise FileRefused(f"wrong columns: more than {_MAX_COLUMNS} of them")
    return header


def _check_header(header: list[str], profile: FileProfile) -> list[str]:
    """Warnings about columns that nobody knows.

    Raises:
        FileRefused: a required column is missing, or a column stands there twice.
    """
    missing = [name for name in profile.required_columns if name not in header]
    if missing:
        raise FileRefused(f"wrong columns: {', '.join(missing)} missing")
    used = profile.known_columns - set(profile.ignored)
    twice = sorted({name for name in header if name in used and header.count(name) > 1})
    if twice:
        raise FileRefused(f"wrong columns: {', '.join(twice)} twice")
    known = profile.known_columns | set(PLACE_COLUMNS if profile.workbook else ())
    unknown = [shown(name) for name in header if name not in known]
    more = f" and {len(unknown) - 10} more" if len(unknown) > 10 else ""
    return [f"unknown columns, not kept: {', '.join(unknown[:10])}{more}"] if unknown else []


class _Load:
    """The steps of one file.

    View `typed`: the rows that DuckDB could parse, with the number of their first problem; `numbered`: with
    their number in the file and repeated keys as a problem too. Tables `rejected` and `quarantined`: the rest.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        landed: LandedFile,
        staged: StagedFile,
        header: list[str],
        sql: FileSql,
        work: Path,
    ) -> None:
        self.connection = connection
        self.landed = landed
        self.profile = landed.file
        self.staged = staged
        self.header = header
        self.sql = sql
        self.work = work
        self.entity = landed.file.target
        self.order = ""

    def run(self, warnings: list[str]) -> LoadedFile:
        """All steps."""
        self._type_rows()
        parsed, line_breaks, masked, distinct_keys = self._one(
            "SELECT count(*), coalesce(sum(line_breaks), 0), coalesce(sum(masked), 0),"
            f" count(DISTINCT {self._key_hash()}) + count(*) FILTER (problem IS NOT NULL) FROM typed"
        )
        rejected, last_is_short = self._rejects(parsed)
        rows = parsed + rejected
        if last_is_short:
            raise FileRefused("truncated: the last row has too few columns")
        if rows + line_breaks + 1 != self.staged.lines:
            raise FileRefused(
                f"{self.staged.lines} lines do not make {rows} rows:"
                " an open quote, blank lines, or a line break in a field"
            )
        if not rows and not self.profile.allow_empty:
            raise FileRefused("empty: no rows under the header")
        self._number_rows(rejected > 0, distinct_keys < parsed)
        quarantine = self._write_quarantine(rows)
        data, accepted = self._write_data()
        amount, balance = self._totals(data)
        if self.profile.checks.sums_to_zero and (amount or 0) + (balance or 0) != 0:
            raise FileRefused(f"debit and credit differ by {(amount or 0) + (balance or 0)}")
        if masked:
            warnings.append(f"{masked} values looked like CPR numbers and were masked")
        if quarantine:
            warnings.append(f"{rows - accepted} of {rows} rows quarantined: {self._reasons()}")
        return LoadedFile(data, quarantine, rows, accepted, amount, balance, warnings)

    def _one(self, query: str) -> tuple[Any, ...]:
        row = self.connection.execute(query).fetchone()
        assert row is not None
        return row

    def _type_rows(self) -> None:
        """The only pass over the text: typed columns and the first problem of each row, to Parquet.

        The rows keep their order, so Parquet's own row number is that of the parsed row.
        """
        columns = ", ".join(f"'c{position}': 'VARCHAR'" for position in range(len(self.header)))
        problems = " ".join(
            f"WHEN {problem.condition} THEN {number}" for number, problem in enumerate(self.sql.problems)
        )
        masked = " + ".join(f"CAST({condition} AS INTEGER)" for condition in self.sql.masked) or "0"
        line_breaks = " + ".join(self.sql.line_breaks) or "0"
        kept = [name for name in self.entity.columns if name in {**self.sql.plain, **self.sql.derived}]
        delimiter = literal(self.landed.profile.format_of(self.profile).delimiter)
        target = literal(str(self.work / "typed.parquet"))
        self.connection.execute(f"""
            COPY (
                WITH delivered AS (
                    SELECT {", ".join([f"{line_breaks} AS line_breaks", *_named(self.sql.place | self.sql.raw)])}
                    FROM read_csv({literal(str(self.staged.path))}, columns = {{{columns}}}, header = false,
                        skip = 1, auto_detect = false, delim = {delimiter}, quote = '"', escape = '"',
                        new_line = '\\n', nullstr = '{_NOWHERE}', strict_mode = true, store_rejects = true,
                        buffer_size = {READ_BYTES})
                ),
                plain AS (SELECT {", ".join(["*", *_named(self.sql.plain)])} FROM delivered),
                derived AS (SELECT {", ".join(["*", *_named(self.sql.derived)])} FROM plain)
                SELECT line_breaks, {masked} AS masked, CASE {problems} END AS problem, sheet_name, sheet_row,
                    {", ".join(kept)}
                FROM derived
            ) TO {target} (FORMAT parquet, COMPRESSION snappy)
        """)
        self.connection.execute(
            "CREATE TEMP VIEW typed AS SELECT * EXCLUDE (file_row_number), file_row_number + 1 AS parsed_no"
            f" FROM read_parquet({target}, file_row_number = true)"
        )

    def _key_hash(self) -> str:
        """A hash of the key of a good row; rows of a file without key columns all differ."""
        key = "parsed_no" if self.profile.key == "hash_and_row" else ", ".join(self.profile.key)
        return f"CASE WHEN problem IS NULL THEN hash({key}) END"

    def _rejects(self, parsed: int) -> tuple[int, bool]:
        """Rows that are no CSV rows of the header's columns: their number, and whether the last is short.

        DuckDB counts them by record, the header being the first. The text of a row stays in its table.
        """
        reasons = " ".join(f"WHEN {literal(error)} THEN {literal(text)}" for error, text in _REJECTS.items())
        self.connection.execute(f"""
            CREATE TEMP TABLE rejected AS
            SELECT line - 1 AS row_no, line - 1 - row_number() OVER (ORDER BY line) AS parsed_before,
                row_number() OVER (ORDER BY line) AS skipped,
                CASE min(CAST(error_type AS VARCHAR)) {reasons} ELSE 'is not readable as CSV' END AS reason
            FROM reject_errors GROUP BY line
        """)
        (rejected,) = self._one("SELECT count(*) FROM rejected")
        (short,) = self._one(
            f"SELECT count(*) FROM rejected WHERE row_no = {parsed + rejected}"
            " AND reason = 'has too few columns'"
        )
        return rejected, short > 0

    def _number_rows(self, has_rejects: bool, has_repeats: bool) -> None:
        """The view `numbered`: the row's number in the file, and repeats of a key as a problem."""
        row_no, source, problem = "parsed_no", "typed", "problem"
        if has_rejects:
            row_no = "parsed_no + coalesce(skipped, 0)"
            skips = "SELECT parsed_before, max(skipped) AS skipped FROM rejected GROUP BY parsed_before"
            source = f"typed ASOF LEFT JOIN ({skips}) ON parsed_no > parsed_before"
        if has_repeats:
            assert self.profile.key != "hash_and_row"
            keys = ", ".join(["problem IS NULL", *self.profile.key])
            nth = f"row_number() OVER (PARTITION BY {keys} ORDER BY parsed_no)"
            problem = f"coalesce(problem, CASE WHEN {nth} > 1 THEN {len(self.sql.problems)} END)"
        self.connection.execute(f"""
            CREATE TEMP VIEW numbered AS
            SELECT * REPLACE ({problem} AS problem), {row_no} AS row_no FROM {source}
        """)
        self.order = " ORDER BY row_no" if has_rejects or has_repeats else ""

    def _write_quarantine(self, rows: int) -> Path | None:
        """The list of bad rows: file, line (the header is line 1), column, reason; no value of the row.

        Of a workbook: the sheet, and the sheet's own row.

        Raises:
            TooManyBadRows: over the profile's limit.
        """
        key = ", ".join(self.profile.key) if self.profile.key != "hash_and_row" else ""
        texts = [(problem.column, problem.reason) for problem in self.sql.problems] + [(key, _REPEATED)]
        values = ", ".join(
            f"({number}, {literal(column)}, {literal(reason)})"
            for number, (column, reason) in enumerate(texts)
        )
        self.connection.execute(f"""
            CREATE TEMP TABLE quarantined AS
            SELECT sheet_name, CAST(coalesce(sheet_row, row_no + 1) AS BIGINT) AS line_no, column_name, reason
            FROM (SELECT * FROM numbered WHERE problem IS NOT NULL)
            JOIN (VALUES {values}) AS problems (problem, column_name, reason) USING (problem)
            UNION ALL
            SELECT CAST(NULL AS VARCHAR), row_no + 1, CAST(NULL AS VARCHAR), reason FROM rejected
        """)
        (bad,) = self._one("SELECT count(*) FROM quarantined")
        if not bad:
            return None
        path = self.work / "quarantine.parquet"
        self.connection.execute(f"""
            COPY (
                SELECT {literal(self.landed.path.name)} AS file_name,
                    {literal(self.staged.file_hash)} AS file_hash, sheet_name, line_no, column_name, reason
                FROM quarantined ORDER BY sheet_name, line_no
            ) TO {literal(str(path))} (FORMAT parquet, COMPRESSION zstd)
        """)
        limit = self.landed.profile.bad_rows_share(self.profile)
        if bad > limit * rows:
            text = f"{bad} of {rows} rows are bad ({bad / rows:.1%}, limit {limit:.1%}): {self._reasons()}"
            raise TooManyBadRows(text, path)
        if bad == rows and self.profile.mode == "snapshot":
            # it would take the place of an earlier one that had something to say
            raise TooManyBadRows(f"none of the {rows} rows can be read: {self._reasons()}", path)
        return path

    def _reasons(self) -> str:
        """The most frequent reasons, in words; of a workbook the first three rows, for somebody to mend them."""
        if self.profile.workbook:
            rows = self.connection.execute(
                "SELECT sheet_name, line_no, column_name, reason FROM quarantined"
                " ORDER BY sheet_name, line_no LIMIT 3"
            ).fetchall()
            return "; ".join(
                f"{sheet}, række {row}, {column}: {reason}" for sheet, row, column, reason in rows
            )
        found = self.connection.execute(
            "SELECT concat_ws(' ', column_name, reason), count(*) FROM quarantined"
            " GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 3"
        ).fetchall()
        return "; ".join(f"{number} × {text}" for text, number in found)

    def _write_data(self) -> tuple[Path, int]:
        """The good rows with where they come from, and their number."""
        provenance = {
            "source_system": literal(self.landed.profile.source),
            "profile": literal(self.landed.profile.name),
            "file_hash": literal(self.staged.file_hash),
            "row_no": "row_no",
        }
        if self.profile.key == "hash_and_row" and self.entity.id_column:
            provenance[self.entity.id_column] = f"{literal(self.staged.file_hash[:12] + '-')} || row_no"
        columns = ", ".join(
            f"CAST({provenance.get(name, name)} AS {column.type}) AS {name}"
            for name, column in self.entity.columns.items()
        )
        path = self.work / "data.parquet"
        (accepted,) = self._one(
            f"COPY (SELECT {columns} FROM numbered WHERE problem IS NULL{self.order})"
            f" TO {literal(str(path))} (FORMAT parquet, COMPRESSION zstd)"
        )
        return path, accepted

    def _totals(self, data: Path) -> tuple[Decimal | None, Decimal | None]:
        """Sum of the entity's amount, and that of the balance-side lines that it leaves out."""
        if not self.entity.total:
            return None, None
        has_balance = "is_balance" in self.entity.columns
        amount, balance = (
            f"coalesce(sum({self.entity.total}) FILTER ({lines}), 0)"
            for lines in (("NOT is_balance", "is_balance") if has_balance else ("true", "false"))
        )
        totals = self._one(f"SELECT {amount}, {balance} FROM {literal(str(data))}")
        return totals[0], totals[1] if has_balance else None
