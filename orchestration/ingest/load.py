"""From a staged text file to typed Parquet: contract check of the header, one streaming pass, bad rows aside.

Belongs here: everything DuckDB does with one file. Does not: bytes and encodings (`decode`), the expressions
themselves (`expressions`), or where the results go (`lake`). No DuckDB error text leaves this module: it can
hold a row's content.
"""

import csv
import os
from collections.abc import Callable, Iterable, Iterator
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
from orchestration.ingest.expressions import FileSql, Steps, file_sql, literal
from orchestration.ingest.landing import LandedFile, shown
from orchestration.ingest.profiles import FileProfile
from orchestration.ingest.workbook import PLACE_COLUMNS
from orchestration.settings import MEMORY_LIMIT

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
# DuckDB does not know how many rows a text has: lookups stay on the side that is kept in memory, and a filter where
# it stands, since its expressions would be evaluated once more below
_AS_WRITTEN = "join_order,build_side_probe_side,filter_pushdown"
# nobody looks for single values in the lake, which is what bloom filters are for
_PARQUET = "FORMAT parquet, COMPRESSION zstd, WRITE_BLOOM_FILTER false"
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
    def session(self, disabled_optimizers: str = "") -> Iterator[duckdb.DuckDBPyConnection]:
        """A session with the key's HMAC pads; its temporary tables and rejected rows end with it."""
        session = self._connection.cursor()
        try:
            session.execute("SET TimeZone = 'UTC'")
            session.execute(f"SET disabled_optimizers = '{disabled_optimizers}'")
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
    with database.session(_AS_WRITTEN) as session:
        return _guarded(lambda: _Load(session, landed, staged, header, sql, work).run(warnings))


def _steps(steps: Steps, source: str, kept: Iterable[str] = ()) -> str:
    """The CTEs of the steps over a query, up to `derived`; `kept`: what else of it goes along."""
    plain, derived = (", ".join(["*", *_named(expressions)]) for expressions in (steps.plain, steps.derived))
    return f"""
        WITH given AS ({source}),
        delivered AS (SELECT {", ".join([*kept, *_named(steps.raw)])} FROM given),
        plain AS (SELECT {plain} FROM delivered),
        derived AS (SELECT {derived} FROM plain)
    """


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

    `first.parquet`: the good rows by the number that they have among those that are CSV rows at all. Tables
    `odd`: where something is wrong or was masked; `rejected`: no CSV rows; `quarantined`: the list of bad rows.
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

    def run(self, warnings: list[str]) -> LoadedFile:
        """All steps."""
        parsed, line_breaks = self._look_up()
        data, accepted = self._write_rows()
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
        distinct_keys, in_order, maybe_masked = self._look_over(data)
        masked = self._find_odd() if accepted < parsed or maybe_masked or self.profile.workbook else 0
        has_repeats = distinct_keys < accepted
        if has_repeats:
            self._find_repeats(data)
        is_whole = accepted == rows and not has_repeats
        quarantine = None if is_whole else self._write_quarantine(rows, has_repeats)
        if rejected or has_repeats or not in_order:
            data, accepted = self._write_again(data, has_repeats, keeps_places=in_order and not rejected)
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

    def _text(self, bad_rows: str) -> str:
        """The query that reads the text, and what becomes of rows that are none; cells as they are, and trimmed.

        Trimmed here, before anything else asks: a text is trimmed once, however often an expression has it.
        """
        names = [f"c{position}" for position in range(len(self.header))]
        columns = ", ".join(f"'{name}': 'VARCHAR'" for name in names)
        trimmed = ", ".join(f"trim({name}) AS trimmed_{name}" for name in names)
        delimiter = literal(self.landed.profile.format_of(self.profile).delimiter)
        return f"""(SELECT *, {trimmed} FROM read_csv({literal(str(self.staged.path))},
            columns = {{{columns}}}, header = false, skip = 1, auto_detect = false,
            delim = {delimiter}, quote = '"', escape = '"', new_line = '\\n', nullstr = '{_NOWHERE}',
            strict_mode = true, {bad_rows} = true, buffer_size = {READ_BYTES}))"""

    def _look_up(self) -> tuple[int, int]:
        """A table for each lookup with all its texts in the file, so that a value is hashed once and not in each row.

        Returns:
            The number of rows and of line breaks inside their fields.
        """
        texts = [f"list(DISTINCT {lookup.source}) AS {name}" for name, lookup in self.sql.lookups.items()]
        line_breaks = " + ".join(self.sql.line_breaks) or "0"
        self.connection.execute(f"""
            CREATE TEMP TABLE seen AS
            SELECT {", ".join(["count(*) AS parsed", f"coalesce(sum({line_breaks}), 0) AS line_breaks", *texts])}
            FROM {self._text("ignore_errors")}
        """)
        for name, lookup in self.sql.lookups.items():
            self.connection.execute(f"""
                CREATE TEMP TABLE of_{name} AS
                {_steps(lookup, f"SELECT unnest({name}) AS text FROM seen", ["text"])}
                SELECT text, {", ".join(lookup.names)} FROM derived
            """)
        parsed, line_breaks = self._one("SELECT parsed, line_breaks FROM seen")
        return parsed, line_breaks

    def _rows(self, bad_rows: str) -> str:
        """The CTEs up to `typed`: typed columns, `row_no`, `masked`, and `problem`, the number of the first one."""
        numbered = f"(SELECT *, row_number() OVER () AS row_no FROM {self._text(bad_rows)})"
        kept = ["row_no", *_named(self.sql.place)]
        kept += [name for lookup in self.sql.lookups.values() for name in lookup.names]
        joins = " ".join(
            f"LEFT JOIN of_{name} ON of_{name}.text = {lookup.source}"
            for name, lookup in self.sql.lookups.items()
        )
        problems = " ".join(
            f"WHEN {problem.condition} THEN {number}" for number, problem in enumerate(self.sql.problems)
        )
        problem = f"CASE {problems} END" if problems else "CAST(NULL AS INTEGER)"
        masked = " + ".join(f"CAST({condition} AS INTEGER)" for condition in self.sql.masked.values()) or "0"
        return f"""
            {_steps(self.sql, f"SELECT * FROM {numbered} {joins}", kept)},
            typed AS (
                SELECT *, {problem} AS problem, {masked} AS masked FROM derived
            )
        """

    def _write_rows(self) -> tuple[Path, int]:
        """The good rows, and how many they are."""
        provenance = {
            "source_system": literal(self.landed.profile.source),
            "profile": literal(self.landed.profile.name),
            "file_hash": literal(self.staged.file_hash),
        }
        if self._row_id:
            provenance[self._row_id] = self._row_id_from("row_no")
        columns = ", ".join(
            f"CAST({provenance.get(name, name)} AS {column.type}) AS {name}"
            for name, column in self.entity.columns.items()
        )
        rows = f"{self._rows('store_rejects')} SELECT {columns} FROM typed WHERE problem IS NULL"
        return self._write("first", rows)

    @property
    def _row_id(self) -> str | None:
        """The column that tells a row by hash and number, where the profile has no key."""
        return self.entity.id_column if self.profile.key == "hash_and_row" else None

    def _row_id_from(self, row_no: str) -> str:
        return f"{literal(self.staged.file_hash[:12] + '-')} || {row_no}"

    def _write(self, name: str, rows: str) -> tuple[Path, int]:
        path = self.work / f"{name}.parquet"
        (written,) = self._one(f"COPY ({rows}) TO {literal(str(path))} ({_PARQUET})")
        return path, written

    def _look_over(self, data: Path) -> tuple[int, bool, bool]:
        """How many keys the good rows have, whether they are in order, and whether anything may have been masked."""
        key = "row_no" if self.profile.key == "hash_and_row" else ", ".join(self.profile.key)
        masked = [f"contains({name}, '[CPR]') OR starts_with({name}, 'cpr-')" for name in self.sql.masked]
        distinct_keys, disorder, maybe_masked = self._one(f"""
            SELECT count(DISTINCT hash({key})), count(*) FILTER (row_no < before),
                count(*) FILTER ({" OR ".join([*masked, "false"])})
            FROM (SELECT *, lag(row_no) OVER () AS before FROM read_parquet({literal(str(data))}))
        """)
        return distinct_keys, disorder == 0, maybe_masked > 0

    def _find_odd(self) -> int:
        """The table `odd`: rows with a problem, or with a place in a workbook; returns the number of masked values."""
        self.connection.execute(f"""
            CREATE TEMP TABLE odd AS
            {self._rows("ignore_errors")}
            SELECT row_no AS parsed_no, problem, masked, sheet_name, sheet_row FROM typed
            WHERE problem IS NOT NULL OR masked > 0 OR sheet_row IS NOT NULL
        """)
        (masked,) = self._one("SELECT coalesce(sum(masked), 0) FROM odd")
        return int(masked)

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

    def _numbered(self, source: str) -> str:
        """A relation with `parsed_no`, and `row_no` after it: rows that are none count too."""
        return f"""(
            SELECT source.*, parsed_no + coalesce(skipped, 0) AS row_no
            FROM ({source}) AS source ASOF LEFT JOIN (
                SELECT parsed_before, max(skipped) AS skipped FROM rejected GROUP BY parsed_before
            ) ON parsed_no > parsed_before
        )"""

    def _find_repeats(self, data: Path) -> None:
        """The table `repeated`: the good rows whose key an earlier one has.

        By the keys' hashes first: to sort all rows by their keys would take the memory of all of them.
        """
        keys = ", ".join(self.profile.key)
        self.connection.execute(f"""
            CREATE TEMP TABLE repeated AS
            WITH keyed AS (
                SELECT row_no AS parsed_no, {keys}, hash({keys}) AS key_hash FROM read_parquet({literal(str(data))})
            ),
            frequent AS (SELECT key_hash FROM keyed GROUP BY key_hash HAVING count(*) > 1)
            SELECT parsed_no
            FROM (
                SELECT parsed_no, row_number() OVER (PARTITION BY {keys} ORDER BY parsed_no) AS nth
                FROM keyed SEMI JOIN frequent USING (key_hash)
            )
            WHERE nth > 1
        """)

    def _write_again(self, data: Path, has_repeats: bool, *, keeps_places: bool) -> tuple[Path, int]:
        """The good rows without repeats of a key, in order and by their number in the file; and how many they are.

        Args:
            data: the good rows.
            has_repeats: whether `repeated` lists some of them.
            keeps_places: the rows are in order and have their numbers already, so that none needs to be sorted.
        """
        row_id = f" REPLACE ({self._row_id_from('row_no')} AS {self._row_id})" if self._row_id else ""
        columns = ", ".join(self.entity.columns)
        without = " ANTI JOIN repeated ON row_no = repeated.parsed_no" if has_repeats else ""
        rows = (
            f"SELECT row_no AS parsed_no, * EXCLUDE (row_no) FROM read_parquet({literal(str(data))}){without}"
        )
        if keeps_places:
            rows, order = f"(SELECT *, parsed_no AS row_no FROM ({rows}))", ""
        else:
            rows, order = self._numbered(rows), " ORDER BY row_no"
        written = self._write("second", f"SELECT {columns} FROM (SELECT *{row_id} FROM {rows}){order}")
        data.unlink()
        return written

    def _write_quarantine(self, rows: int, has_repeats: bool) -> Path:
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
        bad = f"FROM {self._numbered('FROM odd WHERE problem IS NOT NULL')}"
        if has_repeats:
            bad = f"""FROM (
                SELECT problem, sheet_name, sheet_row, row_no {bad}
                UNION ALL
                SELECT {len(self.sql.problems)}, sheet_name, sheet_row, row_no
                FROM {self._numbered("FROM repeated")} LEFT JOIN odd USING (parsed_no)
            )"""
        self.connection.execute(f"""
            CREATE TEMP TABLE IF NOT EXISTS odd
                (parsed_no BIGINT, problem INTEGER, sheet_name VARCHAR, sheet_row BIGINT);
            CREATE TEMP TABLE quarantined AS
            SELECT sheet_name, CAST(coalesce(sheet_row, row_no + 1) AS BIGINT) AS line_no, column_name, reason
            {bad} JOIN (VALUES {values}) AS problems (problem, column_name, reason) USING (problem)
            UNION ALL
            SELECT CAST(NULL AS VARCHAR), row_no + 1, CAST(NULL AS VARCHAR), reason FROM rejected
        """)
        (bad_rows,) = self._one("SELECT count(*) FROM quarantined")
        path = self.work / "quarantine.parquet"
        self.connection.execute(f"""
            COPY (
                SELECT {literal(self.landed.path.name)} AS file_name,
                    {literal(self.staged.file_hash)} AS file_hash, sheet_name, line_no, column_name, reason
                FROM quarantined ORDER BY sheet_name, line_no
            ) TO {literal(str(path))} ({_PARQUET})
        """)
        limit = self.landed.profile.bad_rows_share(self.profile)
        if bad_rows > limit * rows:
            share = f"{bad_rows / rows:.1%}, limit {limit:.1%}"
            text = f"{bad_rows} of {rows} rows are bad ({share}): {self._reasons()}"
            raise TooManyBadRows(text, path)
        if bad_rows == rows and self.profile.mode == "snapshot":
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
