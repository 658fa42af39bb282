"""The stewards' worklists: one Excel workbook a team, to be filled in and delivered back.

Belongs here: sheets, columns, looks, and the words a steward answers with; what they mean when they come back is in
the profile `plan`. Does not: which gaps there are (models), or what the files are called (names).

The same publication gives the same bytes. Text is written as text, whatever it looks like.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby
from math import ceil
from pathlib import Path
from typing import Any, Final

import duckdb
from xlsxwriter.worksheet import Worksheet

from orchestration.publish.manifest import Manifest
from orchestration.publish.names import NO_TEAM, worklist_file
from orchestration.publish.sheets import Book, safe_text, sheet_names
from orchestration.publish.tables import quoted, rows_of
from orchestration.templating import day, short_day

Row = Mapping[str, Any]

ANSWERS_ENTITY: Final = "steward_decision"
GAPS_TABLE: Final = "steward_registration_gap"
COUPLINGS_TABLE: Final = "steward_unmatched_posting"
OVERVIEW: Final = "Oversigt"
COUPLINGS: Final = "Koblinger"
UNREAD: Final = "Ikke læst"
SOON_WORKDAYS: Final = 5
"""A deadline within so many work days of the as-of date is coloured amber."""

ANSWERS: Final = {
    "Kommentar": "En bemærkning til de andre. Manglen bliver stående.",
    "Undtaget": "Skal ikke rettes nu. Skriv hvorfor og til hvornår: består manglen, kommer den igen dagen efter.",
    "Accepteret": "Er rigtigt, som det er. Skriv hvorfor. Gælder, til nogen ophæver det (eller til en dato).",
    "Ophævet": "Tager en tidligere undtagelse, accept eller kobling tilbage.",
}
_STEPS: Final = (
    "Ret først fejlen i BOS eller i økonomisystemet: så forsvinder rækken af sig selv med næste levering.",
    "Skal rækken ikke rettes, så vælg en afgørelse, og skriv hvorfor i Kommentar. En kommentar alene er også et svar.",
    f"På arket {COUPLINGS} kobler du en postering til et forløb: vælg eller skriv betalings-ID'et i Kobl til.",
    "Skriv Udfyldt af (initialer eller brugernavn) og Dato i rækken, eller én gang her på arket for alle rækker.",
    "Skriv ikke navne eller CPR-numre nogen steder. Ret ikke de hvide celler, og slet ikke kolonner.",
    "Gem filen, og læg den i landing/plan/<dato>/ (dags dato som ÅÅÅÅ-MM-DD). Næste kørsel læser den.",
)
_STATUS: Final = {"open": "Åben", "overdue": "Over fristen", "waived": "Undtaget"}
_COUNTED: Final = (
    *("Regel", "Mangel", "Alvor"),
    *("Åbne", "Nye", "Over fristen", "Gul frist", "Undtaget", "Kr. på spil"),
)
_SEVERITY: Final = {"E": "Fejl", "W": "Advarsel", "I": "Til gennemsyn"}

_HEADING: Final = 2  # a list's row of headings, from 0: above it the title and what to do
_FROZEN: Final = 3  # columns that stay in sight
_LINE_HEIGHT: Final = 15
MOST_ROWS: Final = 1000
"""A longer sheet is nobody's list for the month; the whole is in the steward tables."""
# Excel's own limit
_LONGEST_CHOICE: Final = 255


@dataclass(frozen=True)
class Column:
    """A column of a list: heading, the row's field (empty: to be filled in), width, and what a cell holds."""

    label: str
    field: str = ""
    width: float = 12
    kind: str = "text"
    choices: tuple[str, ...] = ()
    is_hidden: bool = False

    @property
    def is_input(self) -> bool:
        """Whether the steward writes in it."""
        return not self.field


_SIGNATURE: Final = (Column("Udfyldt af"), Column("Dato", kind="date"))
GAP_COLUMNS: Final = (
    Column("Frist", "due_on", kind="date"),
    Column("Status", "status_da", 13),
    Column("Hvad er galt", "text_da", 60),
    Column("Kr. på spil", "amount_dkk", 14, "money"),
    Column("Bevilling", "appropriation_id", 20),
    Column("Sag", "case_sbsys_id", 20),
    Column("Forløb", "course_id", 9),
    Column("Bilag", "document_no", 14),
    Column("Leverandør", "supplier_name", 26),
    Column("Konto", "account_id", 18),
    Column("Rådgiver", "caseworker_id", 10),
    Column("Leder", "leader_id", 10),
    Column("Rettes af", "corrector", 18),
    Column("Først set", "first_seen_on", kind="date"),
    Column("Seneste svar", "answer_da", 30),
    Column("Afgørelse", width=13, choices=tuple(ANSWERS)),
    Column("Kommentar", width=40),
    Column("Gælder til", kind="date"),
    *_SIGNATURE,
    Column("Mangel-id", "gap_id", is_hidden=True),
    Column("Regel", "rule_id", is_hidden=True),
)
COUPLING_COLUMNS: Final = (
    Column("Bogført", "posted_on", kind="date"),
    Column("Bilag", "document_no", 14),
    Column("Leverandør", "supplier_name", 30),
    Column("Konto", "account_id", 18),
    Column("Beløb, kr.", "amount_dkk", 14, "money"),
    Column("Hvorfor", "explanation_da", 36),
    Column("Nærmeste betalinger", "nearest_da", 60),
    Column("Koblet til nu", "course_payment_id", 18),
    Column("Afgørelse", choices=("Koblet", "Ophævet")),
    Column("Kobl til", width=18, kind="id"),
    Column("Kommentar", width=40),
    *_SIGNATURE,
    Column("Postering", "posting_id", is_hidden=True),
    Column("Mangel-id", "gap_id", is_hidden=True),
)

UNREAD_COLUMNS: Final = (
    Column("Fil", "file_name", 40),
    Column("Ark", "sheet_name", 34),
    Column("Række", "line_no", 9, "number"),
    Column("Kolonne", "column_name", 16),
    Column("Hvad er galt", "reason", 80),
)

# The rows that a list has room for, in its order; each also tells of all that stand in that list.
_GAP_ORDER: Final = "status = 'waived', due_on nulls last, amount_dkk desc nulls last, gap_id"
_GAPS: Final = f"""
    with gap as (
        select * replace (coalesce(team_id, '{NO_TEAM}') as team_id)
        from steward.main.{GAPS_TABLE}
        where status <> 'closed'
    )
    select
        *,
        count(*) over list as listed_of,
        count(*) filter (status = 'waived') over list as waived,
        count(*) filter (status <> 'waived') over list as standing,
        count(*) filter (status <> 'waived' and is_new) over list as new,
        count(*) filter (status = 'overdue') over list as overdue,
        count(*) filter (status <> 'waived' and due_on between $as_of and $soon_on) over list as soon,
        coalesce(sum(amount_dkk) filter (status <> 'waived') over list, 0) as standing_dkk
    from gap
    window list as (partition by team_id, rule_id)
    qualify row_number() over (list order by {_GAP_ORDER}) <= $most_rows
    order by rule_id, {_GAP_ORDER}
"""
# Postings without a course with what comes nearest, and those that a steward coupled: a coupling can be taken back.
_COUPLING_ORDER: Final = "course_payment_id is not null, posted_on, posting_id"
_COUPLINGS: Final = f"""
    with explained as (
        from kobling.marts.mart_match_explain where subject = 'posting'
    ),
    coupling as (
        select
            unmatched.* replace (coalesce(unmatched.team_id, '{NO_TEAM}') as team_id),
            explained.explanation_da,
            explained.nearest_ids,
            replace(explained.nearest_da, '; ', chr(10)) as nearest_da,
            explained.course_payment_id
        from steward.main.{COUPLINGS_TABLE} as unmatched
        left join explained on unmatched.posting_id = explained.posting_id
        union all by name
        select
            posting.posting_id,
            posting.posted_on,
            coalesce(posting.invoice_no, posting.posting_id) as document_no,
            posting.supplier_name,
            posting.account_id,
            posting.amount_dkk,
            coalesce(course.team_id, '{NO_TEAM}') as team_id,
            explained.explanation_da,
            explained.course_payment_id
        from explained
        inner join kobling.marts.fct_posting as posting on explained.posting_id = posting.posting_id
        left join kobling.marts.dim_course as course on explained.course_id = course.course_id
        where explained.match_method = 'manual'
    )
    select
        *,
        count(*) over list as listed_of,
        count(*) filter (course_payment_id is null) over list as standing,
        coalesce(sum(amount_dkk) filter (course_payment_id is null) over list, 0) as standing_dkk
    from coupling
    window list as (partition by team_id)
    qualify row_number() over (list order by {_COUPLING_ORDER}) <= $most_rows
    order by {_COUPLING_ORDER}
"""
# The work day so many after the as-of date; a calendar that ends before it colours nothing amber.
_SOON: Final = """
    select soon.date_on
    from kobling.marts.dim_date as today
    inner join kobling.marts.dim_date as soon on soon.workday_no = today.workday_no + ?
    where today.date_on = ? and soon.is_workday
"""


def write(connection: duckdb.DuckDBPyConnection, folder: Path, manifest: Manifest, quarantine: Path) -> None:
    """Writes a worklist for each team that has something to do, and one for what no team has.

    Args:
        connection: the published tables attached as `kobling` and `steward`.
        folder: where the files go.
        manifest: which tables there are, which deliveries, and the as-of date.
        quarantine: where ingest lists what it could not read.
    """
    tables = {entry.table for entry in manifest.tables}
    if f"steward.{GAPS_TABLE}" not in tables:
        return
    found = connection.execute(_SOON, [SOON_WORKDAYS, manifest.as_of]).fetchone()
    soon_on = found[0] if found else manifest.as_of
    most = {"most_rows": MOST_ROWS}
    connection.execute(
        f"create or replace temp table worklist_gap as {_GAPS}",
        {"as_of": manifest.as_of, "soon_on": soon_on, **most},
    )
    teams = _teams(connection, "worklist_gap")
    has_couplings = f"steward.{COUPLINGS_TABLE}" in tables
    if has_couplings:
        connection.execute(f"create or replace temp table worklist_coupling as {_COUPLINGS}", most)
        teams = sorted({*teams, *_teams(connection, "worklist_coupling")})
    unread = _unread(connection, manifest, quarantine)
    for team in teams:
        gaps = _of_team(connection, "worklist_gap", team)
        couplings = _of_team(connection, "worklist_coupling", team) if has_couplings else []
        _Worklist(folder / worklist_file(team), team, manifest, soon_on).write(gaps, couplings, unread)


def _teams(connection: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    return [
        team
        for (team,) in connection.execute(f"select distinct team_id from {table} order by team_id").fetchall()
    ]


def _of_team(connection: duckdb.DuckDBPyConnection, table: str, team: str) -> list[Row]:
    """The team's rows, in the table's order."""
    return [*rows_of(connection, f"from {table} where team_id = ? order by rowid", [team])]


def _unread(connection: duckdb.DuckDBPyConnection, manifest: Manifest, quarantine: Path) -> Sequence[Row]:
    """The answers of the newest delivery of answers that ingest could not read: where they stand, and why."""
    newest = max(
        (
            found
            for found in manifest.deliveries
            if found.status == "loaded" and any(file.entity == ANSWERS_ENTITY for file in found.files)
        ),
        key=lambda found: found.extract_date,
        default=None,
    )
    if newest is None:
        return []
    folder = quarantine / newest.source / newest.extract_date.isoformat()
    paths = [folder / f"{file.name}.parquet" for file in newest.files if file.quarantined]
    # a quarantine may be cleared away by hand
    files = ", ".join(quoted(path) for path in paths if path.is_file())
    columns = ", ".join(column.field for column in UNREAD_COLUMNS)
    if not files:
        return []
    query = f"""
        select {columns}, count(*) over () as listed_of
        from read_parquet([{files}]) order by {columns} limit {MOST_ROWS}
    """
    return rows_of(connection, query)


def _in_words(gap: Row) -> Row:
    """The gap with its status, and what was answered last, in words."""
    is_accepted = gap["status"] == "waived" and gap["decision"] == "ACCEPT"
    until, comment = gap["waived_until_on"], gap["comment_da"]
    answer = [
        f"Til {short_day(until)}." if until else None,
        f"{comment} ({gap['comment_by']} {short_day(gap['comment_on'])})" if comment else None,
    ]
    return {
        **gap,
        "status_da": "Accepteret" if is_accepted else _STATUS[gap["status"]],
        "answer_da": " ".join(filter(None, answer)) or None,
    }


class _Worklist(Book):
    """One workbook: the overview, a list a rule, and the postings that a steward can couple."""

    def __init__(self, path: Path, team: str, manifest: Manifest, soon_on: date) -> None:
        super().__init__(path, f"Arbejdsliste: {team}", manifest.as_of, team)
        self.team, self.soon_on, self.previous_as_of = team, soon_on, manifest.previous_as_of

    def write(self, gaps: Sequence[Row], couplings: Sequence[Row], unread: Sequence[Row]) -> None:
        """Writes all sheets and the file."""
        overview = self.book.add_worksheet(OVERVIEW)
        rules = [list(found) for _, found in groupby(gaps, key=lambda row: row["rule_id"])]
        titles = [f"{rows[0]['rule_id']} {rows[0]['rule_name_da']}" for rows in rules]
        names = sheet_names(titles, (OVERVIEW, COUPLINGS, UNREAD))
        self._overview(overview, dict(zip(names, rules, strict=True)), couplings, unread)
        for name, title, rows in zip(names, titles, rules, strict=True):
            task = f"Det skal der gøres: {rows[0]['action_da']}"
            sheet = self._list(name, title, task, GAP_COLUMNS, [_in_words(row) for row in rows])
            self._colour(sheet, len(rows))
        if couplings:
            task = "Vælg eller skriv i Kobl til, hvad posteringen hører til: betalings-ID eller betalings-ID/dato."
            self._list(COUPLINGS, "Posteringer uden forløb", task, COUPLING_COLUMNS, couplings)
        if unread:
            task = "Ret dem i filen, eller skriv svarene i denne liste, og levér den under en ny dato."
            self._list(UNREAD, "Svar, der ikke kunne læses", task, UNREAD_COLUMNS, unread)
        self.book.close()

    def _overview(
        self,
        sheet: Worksheet,
        lists: Mapping[str, list[Row]],
        couplings: Sequence[Row],
        unread: Sequence[Row],
    ) -> None:
        """What the workbook is, what is in it, and how to answer."""
        sheet.hide_gridlines(2)
        self.page(sheet)
        for position, width in enumerate((16, 48, 15, 9, 9, 13, 13, 11, 16)):
            sheet.set_column(position, position, width)
        plain, heading = self.format("plain"), self.format("heading")
        about = "Listen viser sager og bevillinger: del den kun med dem, der arbejder med dem."
        sheet.write_string(0, 0, safe_text(f"Arbejdsliste: {self.team}"), self.format("title"))
        sheet.write_string(1, 0, f"Registreringsmangler pr. {day(self.as_of)}. {about}", plain)
        if unread:
            told = (
                f"{unread[0]['listed_of']} svar i den seneste levering kunne ikke læses: se arket {UNREAD}."
            )
            sheet.write_string(2, 0, told, self.format("warning"))
        for row, (label, name, value, meaning) in enumerate(
            (
                ("Opgjort", "Opgjort", self.as_of, "Rød frist: var overskredet på opgørelsesdagen."),
                (
                    "Gul til og med",
                    "Gul_til",
                    self.soon_on,
                    f"Gul frist: højst {SOON_WORKDAYS} arbejdsdage fra den.",
                ),
            ),
            start=3,
        ):
            sheet.write_string(row, 0, label, plain)
            sheet.write_datetime(row, 1, value, self.format("date"))
            sheet.write_string(row, 2, meaning, plain)
            self.book.define_name(name, f"={OVERVIEW}!$B${row + 1}")
        for row, column in enumerate(_SIGNATURE, start=5):
            sheet.write_string(row, 0, column.label, plain)
            sheet.write_blank(row, 1, None, self.format(column.kind, "input"))
            sheet.write_string(row, 2, "Gælder for alle rækker, hvor du ikke skriver andet.", plain)
            self._validate(sheet, column, row, row, 1)

        below = self._counts(sheet, 8, lists, couplings)
        steps = {f"{number}.": step for number, step in enumerate(_STEPS, start=1)}
        for title, lines in (("Sådan svarer du", steps), ("Afgørelser", ANSWERS)):
            sheet.write_string(below, 0, title, heading)
            for row, (word, meaning) in enumerate(lines.items(), start=below + 1):
                sheet.write_string(row, 0, word, self.format("bold"))
                sheet.write_string(row, 1, meaning, plain)
            below += len(lines) + 2

    def _counts(
        self, sheet: Worksheet, row: int, lists: Mapping[str, list[Row]], couplings: Sequence[Row]
    ) -> int:
        """The table of the sheets; returns where the next thing goes."""
        for position, label in enumerate(_COUNTED):
            sheet.write_string(
                row, position, label, self.format("right" if position > 2 else "plain", "head")
            )
        totals = [Decimal(0)] * 6
        for name, rows in lists.items():
            row += 1
            first = rows[0]
            counts = [
                Decimal(first[count])
                for count in ("standing", "new", "overdue", "soon", "waived", "standing_dkk")
            ]
            totals = [total + count for total, count in zip(totals, counts, strict=True)]
            words = (first["rule_id"], first["rule_name_da"], _SEVERITY.get(first["severity"]))
            self._count_row(sheet, row, words, counts, "text", name)
        row += 1
        self._count_row(sheet, row, ("I alt", None, None), totals, "total")
        if couplings:
            row += 1
            first = couplings[0]
            words = ("–", "Posteringer uden forløb, som du kan koble", None)
            counts = [Decimal(first["standing"]), *[Decimal(0)] * 4, first["standing_dkk"]]
            self._count_row(sheet, row, words, counts, "text", COUPLINGS)
        if self.previous_as_of:
            row += 1
            note = f"Nye er kommet til efter {day(self.previous_as_of)}."
            sheet.write_string(row, 1, note, self.format("plain"))
        return row + 2

    def _count_row(
        self,
        sheet: Worksheet,
        row: int,
        words: Sequence[str | None],
        counts: Sequence[Decimal],
        look: str,
        target: str | None = None,
    ) -> None:
        """A row of that table; its second word leads to the sheet `target`."""
        kinds = [*["text"] * len(words), *["number"] * 5, "money"]
        for position, (kind, value) in enumerate(zip(kinds, [*words, *counts], strict=True)):
            self.cell(sheet, row, position, kind, value, look)
        if target:
            link = "internal:'" + target.replace("'", "''") + "'!A1"
            sheet.write_url(row, 1, link, self.format("link"), safe_text(words[1]))

    def _list(
        self, name: str, title: str, task: str, columns: Sequence[Column], rows: Sequence[Row]
    ) -> Worksheet:
        """A sheet with one row a gap, or a posting; columns that tell nothing of any of them are left out."""
        listed_of = rows[0]["listed_of"]
        if listed_of > len(rows):
            task += (
                f" Her står de {len(rows)} første af {listed_of}; alle står i tabellerne i steward.duckdb."
            )
        shown = [
            column
            for column in columns
            if column.is_input or any(row.get(column.field) not in (None, self.team) for row in rows)
        ]
        sheet = self.book.add_worksheet(name)
        first, last = _HEADING + 1, _HEADING + len(rows)
        sheet.write_string(0, 0, safe_text(f"{title}: {self.team}"), self.format("title"))
        sheet.write_string(1, 0, safe_text(task), self.format("plain"))
        for position, column in enumerate(shown):
            sheet.set_column(position, position, column.width, None, {"hidden": column.is_hidden})
            look = "input" if column.is_input else "text"
            for number, row in enumerate(rows, start=first):
                self.cell(sheet, number, position, column.kind, row.get(column.field), look)
            self._validate(sheet, column, first, last, position)
            if column.kind == "id":
                self._offer(sheet, first, position, [row["nearest_ids"] for row in rows])
        looks = {True: self.format("head", "asked"), False: self.format("head")}
        headings = [{"header": column.label, "header_format": looks[column.is_input]} for column in shown]
        table = {"columns": headings, "style": "Table Style Light 1"}
        sheet.add_table(_HEADING, 0, last, len(shown) - 1, table)
        # a row grows with what is written in it, if nothing else has set its height
        sheet.set_default_row(_LINE_HEIGHT * 2)
        for number in range(first):
            sheet.set_row(number, 20)
        for number, row in enumerate(rows, start=first):
            lines = max(
                sum(ceil(len(part) / column.width) for part in str(row.get(column.field) or "").split("\n"))
                for column in shown
                if not column.is_hidden
            )
            if lines > 2:
                sheet.set_row(number, _LINE_HEIGHT * lines)
        sheet.freeze_panes(first, _FROZEN)
        sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
        self.page(sheet)
        # on paper without what is filled in on the screen
        sheet.repeat_rows(0, _HEADING)
        sheet.print_area(
            0, 0, last, sum(not column.is_input and not column.is_hidden for column in shown) - 1
        )
        return sheet

    def _validate(self, sheet: Worksheet, column: Column, first: int, last: int, position: int) -> None:
        """What may be written in an input column, told when a cell of it is chosen."""
        rule: dict[str, Any]
        match column.label if column.is_input else "":
            case "Afgørelse":
                rule = {"validate": "list", "source": list(column.choices)}
                message = "Vælg fra listen. Hvad ordene betyder, står på arket Oversigt."
            case "Gælder til":
                rule = {"validate": "date", "criteria": ">=", "value": self.as_of}
                message = "En dato som 31-12-2022, ikke før opgørelsesdagen."
            case "Dato":
                rule = {"validate": "date", "criteria": ">=", "value": date(2000, 1, 1)}
                message = "En dato som 31-12-2022."
            case "Udfyldt af":
                rule = {"validate": "length", "criteria": "between", "minimum": 2, "maximum": 30}
                message = "Initialer eller brugernavn, ikke navn."
            case "Kommentar":
                rule = {"validate": "length", "criteria": "<=", "value": 1000}
                message = "Hvorfor? Skriv ikke navne eller CPR-numre."
            case _:
                return
        rule |= {"input_title": column.label, "input_message": message}
        rule |= {"error_title": column.label, "error_message": message}
        sheet.data_validation(first, position, last, position, rule)

    def _offer(self, sheet: Worksheet, first: int, position: int, nearest: Sequence[str | None]) -> None:
        """The nearest payments to choose from, row by row; another one can be written."""
        told = {"input_title": "Kobl til", "input_message": "Vælg, eller skriv et andet betalings-ID."}
        for row, ids in enumerate(nearest, start=first):
            choices = ids.split("; ") if ids else []
            if choices and len(",".join(choices)) <= _LONGEST_CHOICE:
                rule = {"validate": "list", "source": choices, "show_error": False, **told}
                sheet.data_validation(row, position, row, position, rule)

    def _colour(self, sheet: Worksheet, rows: int) -> None:
        """Deadline and status: what is waived stands back, what is overdue is red, what is due soon amber."""
        first = _HEADING + 2  # as the sheet counts
        for criteria, look in (
            (f'=OR($B{first}="Undtaget",$B{first}="Accepteret")', "back"),
            (f"=AND(ISNUMBER($A{first}),$A{first}<Opgjort)", "red"),
            (f"=AND(ISNUMBER($A{first}),$A{first}>=Opgjort,$A{first}<=Gul_til)", "amber"),
        ):
            rule = {
                "type": "formula",
                "criteria": criteria,
                "format": self.format(look),
                "stop_if_true": True,
            }
            sheet.conditional_format(first - 1, 0, _HEADING + rows, 1, rule)
