"""Forgetting a child: what ties rows of the lake to it is hashed again with a salt that nobody keeps.

Belongs here: which columns tie a row to a child, which rows are a child's, and the list by which later deliveries are
recognised. Does not: when it is done (pipeline, orchestration/privacy), or the files' places (lake).

Every value that only the forgotten child has is replaced wherever it stands, in all entities and deliveries by the same
new one: what met still meets, and every amount stays. A hint that another child shares (a first name) gets its new
value in the child's own rows and postings only. The birth date is emptied.
"""

import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import duckdb
from pydantic import BaseModel

from orchestration.errors import KoblingError
from orchestration.ingest.entities import ENTITIES
from orchestration.ingest.expressions import literal
from orchestration.ingest.load import Database
from orchestration.ingest.registry import make_folder, sync

LIST = "_forgotten.json"
GONE = "slettet-"
"""What begins an id that stands for a forgotten one, as stewards read it."""

HINTS: Final = ("birth", "initials", "first_name", "first_name_initial")
IDS: Final = ("case", "case_sbsys", "history", "appropriation")

DOMAINS: Final = {
    "child_key": "person",
    "mother_key": "person",
    "father_key": "person",
    "recipient_key": "person",
    "supplier_key": "person",
    "person_key": "person",
    "payment_reference": "reference",
    "invoice_no": "reference",
    "course_payment_id": "reference",
    "case_id": "case",
    "case_sbsys_id": "case_sbsys",
    "history_id": "history",
    "appropriation_id": "appropriation",
    "text_appropriation_id": "appropriation",
    **{f"child_{hint}_key": hint for hint in HINTS},
    **{f"hint_{hint}_key": hint for hint in HINTS},
}
"""Column of the lake → the kind of value it holds; of one kind, equal values mean the same."""

EMPTIED: Final = ("child_birth_on",)
"""Columns that a child's own rows lose."""

KEPT: Final = {
    "child_cpr_status": "says nothing of whose number it is",
    "person_cpr_status": "the same",
    "supplier_cvr": "a company's",
    "supplier_cvr_status": "a company's",
    "supplier_name": "a company's",
    "recipient_name": "a company's or an own unit's",
    "course_id": "a payment schedule's number: money stays explained by course",
    "text_course_id": "the same",
    "is_text_course_id_cut": "the same",
    "is_text_appropriation_id_cut": "whether, not which",
    "source_payment_id": "a row's number, another in every report",
    "service_month": "of the money",
    "part_no": "of the invoice",
    "part_count": "of the invoice",
    "child_count": "of the invoice",
    "is_reversal_text": "of the posting",
    "caseworker_id": "an employee's",
    "leader_id": "an employee's",
    "approval_user_id": "an employee's",
}
"""Columns near a person that stay as they are, and why."""

HINT_COLUMNS: Final = tuple(f"child_{hint}_key" for hint in HINTS)
"""By which a hint in a text meets a child."""

_OF_CHILDREN: Final = ("case_history", "course_payment")
_CHILD_IDS: Final = ("child_key", "case_id", "appropriation_id")
_RELATIVES: Final = ("mother_key", "father_key")


class ForgottenList(BaseModel):
    """Keyed hashes of what belonged to forgotten children; made with the key of the fingerprint."""

    key_fingerprint: str
    hashes: list[str] = []


@dataclass(frozen=True)
class LakeFile:
    """A Parquet file of an entity."""

    entity: str
    path: Path


@dataclass
class Found:
    """The cases and children that rows turned out to be of, and what of them only they have."""

    cases: list[str] = field(default_factory=list)
    children: int = 0
    hashes: list[str] = field(default_factory=list)
    values: list[str] = field(default_factory=list)
    """As they stand in the lake; for looking them up elsewhere, never to be kept."""


def read_list(lake: Path) -> ForgottenList | None:
    """The lake's list of forgotten children; `None` where nobody was."""
    path = lake / LIST
    return ForgottenList.model_validate_json(path.read_bytes()) if path.is_file() else None


def write_list(lake: Path, forgotten: ForgottenList) -> None:
    """At once and durably."""
    temporary = make_folder(lake) / f".{LIST}"
    temporary.write_text(forgotten.model_dump_json(indent=1) + "\n", encoding="utf-8")
    temporary.chmod(0o640)
    sync(temporary)
    temporary.replace(lake / LIST)
    sync(lake)


def hash_of(database: Database, domain: str, value: str) -> str:
    """How the list tells a value."""
    with database.session() as session:
        row = session.execute("SELECT pseudonym('forgotten', ?)", [f"{domain}:{value}"]).fetchone()
    assert row is not None
    return str(row[0])


def new_salt() -> str:
    """What makes the new values: kept as long as the files of one go are written, and by nobody afterwards."""
    return secrets.token_hex(32)


@contextmanager
def forgetting(
    database: Database,
    files: Sequence[LakeFile],
    salt: str,
    *,
    cases: Iterable[str] = (),
    known: Iterable[str] = (),
    gaps: Iterable[str] = (),
    matches: Iterable[tuple[str, str]] = (),
    keep_hints: bool = True,
) -> Iterator["Forgetting"]:
    """The forgetting of children over a set of files that are looked at together.

    Args:
        cases: case ids of children to be forgotten.
        known: hashes of the list, for rows that come again.
        gaps: gaps of the children, whose comments go.
        matches: posting ids and the courses that they pay for, as far as that is known.
        keep_hints: hints get a new value; otherwise they are emptied, since what they met is not among the files.
    """
    with database.session() as session:
        yield Forgetting(session, files, salt, cases, known, gaps, matches, keep_hints)


def _hashed(domain: str, value: str) -> str:
    """What comes in place of a value."""
    return f"left(sha256(getvariable('salt') || {domain} || ':' || {value}), 32)"


class Forgetting:
    """Finds the children's rows and values in the files, and writes files without them.

    Tables: `child_row` (what the rows about children say of who they are, `is_child`: of one to be forgotten),
    `own` (kind, value, what comes in its place).
    """

    def __init__(
        self,
        session: duckdb.DuckDBPyConnection,
        files: Sequence[LakeFile],
        salt: str,
        cases: Iterable[str],
        known: Iterable[str],
        gaps: Iterable[str],
        matches: Iterable[tuple[str, str]],
        keep_hints: bool,
    ) -> None:
        self.session = session
        session.execute("SET VARIABLE salt = ?", [salt])
        self._fill("named", cases)
        self._fill("known", known)
        self._fill("gap", gaps)
        self.keep_hints = keep_hints
        postings, courses = zip(*matches, strict=True) if (matches := list(matches)) else ((), ())
        session.execute(
            "CREATE TEMP TABLE match AS SELECT unnest(?::VARCHAR[]) AS posting_id, unnest(?::VARCHAR[]) AS course_id",
            [list(postings), list(courses)],
        )
        for entity in ENTITIES:
            self._view(entity, [file.path for file in files if file.entity == entity])
        self._find_rows()
        self._find_values()

    def found(self) -> Found:
        """Whom the files tell of."""
        cases = self._column("SELECT DISTINCT case_id FROM child_row WHERE is_child AND case_id IS NOT NULL")
        (children,) = self._one("SELECT count(DISTINCT child_key) FROM child_row WHERE is_child")
        listed = ", ".join(literal(domain) for domain in ("person", *IDS, *HINTS))
        hashes = self._column(
            f"SELECT pseudonym('forgotten', domain || ':' || value) FROM own WHERE domain IN ({listed})"
            " AND is_listed"
        )
        values = self._column("SELECT DISTINCT value FROM own WHERE length(value) >= 10")
        return Found(sorted(cases), int(children), sorted(hashes), values)

    def rewrite(self, file: LakeFile, target: Path) -> int:
        """Writes the file anew where a row of it changes; `_new_value` says how.

        Returns:
            How many rows changed; 0: nothing is written.

        Raises:
            KoblingError: rows or amounts would not be the same.
        """
        source = f"read_parquet({literal(str(file.path))})"
        there = [row[0] for row in self.session.execute(f"DESCRIBE FROM {source}").fetchall()]
        changed = {
            name: value for name in there if (value := self._new_value(file.entity, name, there)) is not None
        }
        if not changed:
            return 0
        differs = " OR ".join(f"({value}) IS DISTINCT FROM {name}" for name, value in changed.items())
        (rows,) = self._one(f"SELECT count(*) FROM {source} WHERE {differs}")
        if not rows:
            return 0
        replaced = ", ".join(f"{value} AS {name}" for name, value in changed.items())
        self.session.execute(
            f"COPY (SELECT * REPLACE ({replaced}) FROM {source}) TO {literal(str(target))}"
            " (FORMAT parquet, COMPRESSION zstd)"
        )
        if self._measure(file.entity, file.path) != self._measure(file.entity, target):
            raise KoblingError("forgetting would change rows or amounts of the lake; nothing was changed")
        return int(rows)

    def _new_value(self, entity: str, name: str, there: Sequence[str]) -> str | None:
        """The expression of a column's value in a row `line`; `None`: it stays."""
        is_child = self._is_child(there) if entity in _OF_CHILDREN else "false"
        if name in EMPTIED:
            return f"CASE WHEN NOT {is_child} THEN {name} END"
        if entity == "steward_decision" and name == "comment_da":
            return (
                "CASE WHEN gap_id IN (FROM gap) OR split_part(course_payment_id, '/', 1) IN (FROM course)"
                " OR posting_id IN (FROM posting_of_child) THEN '(slettet)' ELSE comment_da END"
            )
        domain = DOMAINS.get(name)
        if domain is None:
            return None
        own = f"getvariable('own_{domain}')"
        if name == "text_appropriation_id":
            own = f"CASE WHEN is_{name}_cut THEN getvariable('own_appropriation_cut') ELSE {own} END"
        is_own = f"coalesce(map_contains({own}, {name}), false)"
        if domain in HINTS and entity != "invoice":
            # shared with another child: it gets a new value where it is surely of this one
            is_of = is_child
            if entity == "posting":
                is_shared = f"list_contains(getvariable('shared_{domain}'), {name})"
                is_of = (
                    f"coalesce({is_shared} AND list_contains(getvariable('of_posting'), posting_id), false)"
                )
            new = _hashed(f"'{domain}'", name) if self.keep_hints else "NULL"
            return f"CASE WHEN {is_own} THEN ({own})[{name}] WHEN {is_of} THEN {new} ELSE {name} END"
        if name in _RELATIVES:
            return f"CASE WHEN {is_own} THEN ({own})[{name}] WHEN NOT {is_child} THEN {name} END"
        return f"CASE WHEN {is_own} THEN ({own})[{name}] ELSE {name} END"

    def _is_child(self, there: Sequence[str]) -> str:
        """Whether a row of an entity about children is a forgotten one's."""
        tests = [
            f"coalesce(list_contains(getvariable('of_{name}'), {name}), false)"
            for name in _CHILD_IDS
            if name in there
        ]
        return f"({' OR '.join(tests)})"

    def _fill(self, table: str, values: Iterable[str]) -> None:
        self.session.execute(
            f'CREATE TEMP TABLE "{table}" AS SELECT DISTINCT unnest(?::VARCHAR[]) AS value', [list(values)]
        )

    def _view(self, entity: str, paths: Sequence[Path]) -> None:
        """The entity's rows with all its declared columns."""
        types = {name: column.type for name, column in ENTITIES[entity].columns.items()}
        there: set[str] = set()
        source = "(SELECT 1) WHERE false"
        if paths:
            source = (
                f"read_parquet([{', '.join(literal(str(path)) for path in paths)}], union_by_name = true)"
            )
            there = {row[0] for row in self.session.execute(f"DESCRIBE FROM {source}").fetchall()}
        columns = ", ".join(
            name if name in there else f"CAST(NULL AS {type_}) AS {name}" for name, type_ in types.items()
        )
        self.session.execute(f"CREATE TEMP VIEW {entity} AS SELECT {columns} FROM {source}")

    def _find_rows(self) -> None:
        """Whose rows there are, and which are the children's: by case, number and appropriation, till all are found."""
        hints = ", ".join(HINT_COLUMNS)
        self.session.execute(f"""
            CREATE TEMP TABLE child_row AS
            SELECT DISTINCT child_key, case_id, case_sbsys_id, history_id, CAST(NULL AS VARCHAR) AS appropriation_id,
                CAST(NULL AS VARCHAR) AS course_id, mother_key, father_key, child_birth_key,
                {", ".join(f"CAST(NULL AS VARCHAR) AS {name}" for name in HINT_COLUMNS[1:])}, false AS is_child
            FROM case_history
            UNION ALL
            SELECT DISTINCT child_key, NULL, NULL, NULL, appropriation_id, course_id, mother_key, father_key,
                {hints}, false
            FROM course_payment
        """)
        listed = " OR ".join(
            f"pseudonym('forgotten', '{DOMAINS[name]}:' || {name}) IN (FROM known)" for name in _CHILD_IDS
        )
        self.session.execute(
            f"UPDATE child_row SET is_child = coalesce(case_id IN (FROM named), false) OR coalesce({listed}, false)"
        )
        while self._one(f"""
            UPDATE child_row SET is_child = true
            WHERE NOT is_child AND ({" OR ".join(
                f"{name} IN (SELECT {name} FROM child_row WHERE is_child AND {name} IS NOT NULL)"
                for name in _CHILD_IDS
            )})
        """)[0]:  # fmt: skip
            pass

    def _find_values(self) -> None:
        """What only the children have, and what comes in its place."""
        shared = (*_RELATIVES, *HINT_COLUMNS)
        names = ("child_key", "case_id", "case_sbsys_id", "history_id", "appropriation_id", *shared)
        of_rows = ", ".join(
            f"{{'domain': '{DOMAINS[name]}', 'value': {name}, 'is_whole': {str(name not in shared).lower()}}}"
            for name in names
        )
        ids, hints = (", ".join(map(literal, domains)) for domains in (IDS, HINTS))
        emptied = "" if self.keep_hints else f"WHEN domain IN ({hints}) THEN NULL"
        new = f"CASE WHEN domain IN ({ids}) THEN '{GONE}' || left(hashed, 12) {emptied} ELSE hashed END"
        again = " UNION ".join(
            f"SELECT '{domain}' AS domain, {name} AS value FROM {entity}"
            for entity in ("posting", "invoice")
            for name, domain in DOMAINS.items()
            if name in ENTITIES[entity].columns and domain != "reference"
        )
        self.session.execute(f"""
            CREATE TEMP TABLE own AS
            WITH value AS (
                SELECT is_child, unnest([{of_rows}], recursive := true) FROM child_row
            ),
            found AS (
                -- a child's own number is its own wherever else it stands; all else where nobody else has it
                SELECT domain, value, bool_or(is_child AND (is_whole OR domain <> 'person')) AS is_listed
                FROM value WHERE value IS NOT NULL
                GROUP BY domain, value
                HAVING bool_and(is_child) OR bool_or(is_child AND is_whole)
                UNION
                SELECT domain, value, true FROM ({again})
                WHERE pseudonym('forgotten', domain || ':' || value) IN (FROM known)
            ),
            hashed AS (
                SELECT domain, value, bool_or(is_listed) AS is_listed,
                    {_hashed("domain", "value")} AS hashed
                FROM found GROUP BY domain, value
            )
            SELECT domain, value, is_listed, {new} AS new FROM hashed
        """)
        self.session.execute("""
            INSERT INTO own SELECT 'reference', 'cpr-' || value, false, 'cpr-' || new FROM own WHERE domain = 'person'
        """)
        # a number cut off in a text: the child's where it begins no other's
        self.session.execute(f"""
            INSERT INTO own
            WITH cut AS (
                SELECT DISTINCT text_appropriation_id AS value FROM posting WHERE is_text_appropriation_id_cut
                UNION
                SELECT DISTINCT text_appropriation_id FROM invoice WHERE is_text_appropriation_id_cut
            ),
            number AS (SELECT DISTINCT appropriation_id FROM child_row WHERE appropriation_id IS NOT NULL)
            SELECT 'appropriation_cut', cut.value, false,
                min(left(own.new, greatest(length(cut.value), {len(GONE) + 4})))
            FROM cut JOIN number ON starts_with(number.appropriation_id, cut.value)
            LEFT JOIN own ON own.domain = 'appropriation' AND own.value = number.appropriation_id
            GROUP BY cut.value HAVING count(*) = count(own.value)
        """)
        self.session.execute("""
            CREATE TEMP TABLE course AS
            SELECT DISTINCT course_id FROM child_row WHERE is_child AND course_id IS NOT NULL;
            CREATE TEMP TABLE posting_of_child AS SELECT DISTINCT posting_id FROM posting
            WHERE payment_reference IN (FROM course) OR text_course_id IN (FROM course)
                OR person_key IN (SELECT value FROM own WHERE domain = 'person')
            UNION
            SELECT DISTINCT posting_id FROM match WHERE course_id IN (FROM course);
            SET VARIABLE of_posting = (SELECT list(posting_id) FROM posting_of_child);
        """)
        for hint in HINTS:
            self.session.execute(
                f"SET VARIABLE shared_{hint} = "
                f"(SELECT list(DISTINCT child_{hint}_key) FROM child_row WHERE is_child)"
            )

        # as values in the expressions: a subquery a column would take seconds a file
        for domain in {*DOMAINS.values(), "appropriation_cut"}:
            self.session.execute(
                f"SET VARIABLE own_{domain} = (SELECT MAP(coalesce(list(value), []), coalesce(list(new), []))"
                f" FROM own WHERE domain = '{domain}')"
            )
        for name in _CHILD_IDS:
            self.session.execute(
                f"SET VARIABLE of_{name} = (SELECT list(DISTINCT {name}) FROM child_row WHERE is_child)"
            )

    def _measure(self, entity: str, path: Path) -> tuple[int, Decimal | None]:
        total = ENTITIES[entity].total
        row = self._one(f"SELECT count(*), {f'sum({total})' if total else 'NULL'} FROM {literal(str(path))}")
        return row[0], row[1]

    def _one(self, query: str) -> tuple[Any, ...]:
        row = self.session.execute(query).fetchone()
        assert row is not None
        return row

    def _column(self, query: str) -> list[str]:
        return [str(row[0]) for row in self.session.execute(query).fetchall()]
