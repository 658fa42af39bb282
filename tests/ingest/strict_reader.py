"""What a delivered CSV file says, read a second time: by the formats' description (extracts.md), not by the profiles.

Belongs here: what each file type's cells mean, cell by cell and in Python, so that ingest can be held to it.
Does not: anything of orchestration.ingest, or how files are damaged (`mutations`).
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

COPENHAGEN: Final = ZoneInfo("Europe/Copenhagen")
_QUOTED = re.compile(r'"((?:[^"]++|"")*+)"')
_LIKE_CPR = re.compile(r"[0-9]{2}[./-]?[0-9]{2}[./-]?[0-9]{2}[ –-]{0,3}[0-9]{4}")

Values = dict[str, Any]


@dataclass(frozen=True)
class Layout:
    """One file type. `cells`: column of the lake → `source column:kind`, with `!` where it must be filled.

    `spare`: columns that a file may lack; `unread`: those that it may also have twice. `share`: of the rows that may
    be bad. `has_rules`: the entity asks more of a row than its cells say, so a changed row may be refused.
    """

    name: str
    source: str
    file: str
    entity: str
    encoding: str
    delimiter: str
    decimal: str
    cells: Mapping[str, str]
    thousands: str = ""
    date: str = "%Y-%m-%d"
    key: tuple[str, ...] = ()
    spare: frozenset[str] = frozenset()
    unread: frozenset[str] = frozenset()
    multiline: frozenset[str] = frozenset()
    codes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    sign: tuple[str, str, str] = ("", "", "")
    fixed: Mapping[str, int] = field(default_factory=dict)
    share: float = 0.05
    has_rules: bool = False
    sums_to_zero: bool = False
    total: str = ""

    @property
    def parts(self) -> list[tuple[str, str, str, bool]]:
        """The cells as (lake column, source column, kind, must be filled)."""
        found = []
        for target, text in self.cells.items():
            source, kind = text.removesuffix("!").rsplit(":", 1)
            found.append((target, source, kind, text.endswith("!")))
        return found

    def columns(self, *kinds: str) -> list[str]:
        """The source columns of these kinds."""
        return [source for _, source, kind, _ in self.parts if kind in kinds]


@dataclass(frozen=True)
class Record:
    """A record: `fields` None where its quotes make no sense; `odd` where they stand inside a field."""

    fields: list[str] | None
    odd: bool
    line_breaks: tuple[int, ...]
    is_blank: bool


@dataclass
class Reading:
    """What the file says.

    `refused`, `may_refuse`: why it must or may be refused, "" otherwise. `has_unknown`: columns that nobody knows, of
    which something must be said. `rows`: by number from 1; `good`, `bad` and the rest: what must, must not and may be
    accepted.
    """

    refused: str = ""
    may_refuse: str = ""
    has_unknown: bool = False
    count: int = 0
    rows: dict[int, Values] = field(default_factory=dict)
    good: set[int] = field(default_factory=set)
    bad: set[int] = field(default_factory=set)


@dataclass(frozen=True)
class Sound:
    """The file before somebody damaged it: its columns in order, and its rows as `line_of` writes them."""

    header: tuple[str, ...]
    lines: frozenset[str]


def read(layout: Layout, data: bytes, sound: Sound) -> Reading:
    """The whole file."""
    text = _text(layout, data)
    if text is None:
        return Reading(refused="not text of this encoding")
    if not text.endswith("\n"):
        return Reading(refused="cut")
    try:
        header, *rows = list(records(text.rstrip("\n") + "\n", layout.delimiter))
    except ValueError:
        return Reading(refused="a quote never closed, or nothing")
    if header.fields is None or header.odd or any(header.line_breaks):
        return Reading(may_refuse="quotes in the header", count=len(rows))
    names = [name.strip() for name in header.fields]
    twice = [name for name, times in Counter(names).items() if times > 1]
    used = layout.spare.union(sound.header)
    if not set(sound.header) - layout.spare <= set(names) or (used - layout.unread) & set(twice):
        return Reading(refused="wrong columns", count=len(rows))
    reading = _rows(layout, names, rows, sound)
    reading.has_unknown = not set(names) <= used
    return reading


def line_of(fields: list[str]) -> str:
    """A record as one text, to compare with another."""
    return "\x1f".join(fields)


def _text(layout: Layout, data: bytes) -> str | None:
    if not data or b"\0" in data:
        return None
    try:
        text = data.decode("utf-8-sig" if layout.encoding == "utf-8" else layout.encoding)
    except UnicodeDecodeError:
        return None
    if layout.encoding != "utf-8" and not data.isascii():
        try:
            data.decode()
        except UnicodeDecodeError:
            pass
        else:
            return None
    return text.replace("\r\n", "\n").replace("\r", " ").replace("\xa0", " ")


def records(text: str, delimiter: str) -> Iterator[Record]:
    """RFC 4180, strictly; a record that breaks it ends with its line.

    Raises:
        ValueError: a quote is never closed.
    """
    plain = re.compile(f"[^{re.escape(delimiter)}\n]*")
    blanks = re.compile(f" +(?=[{re.escape(delimiter)}\n])")
    at = 0
    while at < len(text):
        fields, breaks, odd, broken = list[str](), list[int](), False, False
        is_blank = text[at] == "\n"
        while True:
            quoted = text.startswith('"', at)
            match = _QUOTED.match(text, at) if quoted else plain.match(text, at)
            if match is None:
                raise ValueError
            at = match.end()
            if quoted and (blank := blanks.match(text, at)):
                odd, at = True, blank.end()
            value = match[1].replace('""', '"') if quoted else match[0]
            odd = odd or (not quoted and '"' in value)
            fields.append(value)
            breaks.append(value.count("\n"))
            if text[at] not in (delimiter, "\n"):
                broken, at = True, text.index("\n", at)
            at += 1
            if text[at - 1] == "\n":
                break
        yield Record(None if broken else fields, odd, tuple(breaks), is_blank)


def _rows(layout: Layout, names: list[str], found: list[Record], sound: Sound) -> Reading:
    reading = Reading(count=len(found))
    if len(names) > 200 or any(len(name) > 1_000 for name in names):
        reading.may_refuse = "no such header"
    seen = dict[tuple[Any, ...], bool]()
    for number, record in enumerate(found, start=1):
        if record.fields is None or record.odd:
            reading.may_refuse = "quotes out of place"
        if record.is_blank:
            reading.refused = "a blank line"
        breaks = zip(names, record.line_breaks, strict=False)
        if any(count and name not in layout.multiline for name, count in breaks):
            reading.may_refuse = "a line break in a field that has none"
        if any(len(value) > 1_000_000 for value in record.fields or []):
            reading.may_refuse = "a line of megabytes"
        _judge(layout, names, record, number, reading, seen, sound)
    last = found[-1] if found else None
    if last is None or (last.fields is not None and len(last.fields) < len(names)):
        reading.refused = reading.refused or "no rows, or the last one is cut"
    doubtful = reading.count - len(reading.good) - len(reading.bad)
    if len(reading.bad) > layout.share * reading.count:
        reading.refused = reading.refused or "too many bad rows"
    elif len(reading.bad) + doubtful > layout.share * reading.count or not reading.good:
        reading.may_refuse = reading.may_refuse or "many doubtful rows"
    if layout.sums_to_zero and sum(row[layout.total] for row in reading.rows.values() if row):
        reading.refused = reading.refused or "does not sum to zero"
    return reading


def _judge(
    layout: Layout,
    names: list[str],
    record: Record,
    number: int,
    reading: Reading,
    seen: dict[tuple[Any, ...], bool],
    sound: Sound,
) -> None:
    """Files the row under good or bad, or neither, and keeps its values."""
    if record.fields is None:
        return
    if len(record.fields) != len(names):
        reading.bad.add(number)
        return
    try:
        values, plain = _values(layout, dict(zip(names, record.fields, strict=True)))
    except ValueError:
        reading.bad.add(number)
        return
    reading.rows[number] = values
    key = tuple(values[name] for name in layout.key) or (number,)
    is_original = tuple(names) == sound.header and line_of(record.fields) in sound.lines
    is_sure = plain and not record.odd and (not layout.has_rules or is_original)
    if key not in seen:
        seen[key] = is_sure
        if is_sure:
            reading.good.add(number)
    elif seen[key]:
        reading.bad.add(number)


def _values(layout: Layout, cells: dict[str, str]) -> tuple[Values, bool]:
    """The row's values, and whether they are written as they always are.

    Raises:
        ValueError: a cell does not say what its column is for.
    """
    values: Values = {}
    plain = True
    for target, source, kind, must in layout.parts:
        text = cells.get(source, "").strip(" ")
        if not text:
            if must:
                raise ValueError(source)
            values[target] = None
            continue
        if kind == "codes":
            values[target] = layout.codes[target][text] if text in layout.codes[target] else _bad(source)
            continue
        value, usual = _READERS[kind](layout, text)
        plain = plain and usual
        values[target] = value
    column, debit, credit = layout.sign
    if column:
        mark = cells[column].strip(" ")
        if mark not in (debit, credit):
            raise ValueError(column)
        values[layout.total] *= 1 if mark == debit else -1
    for target, value in layout.fixed.items():
        if values[target] != value:
            raise ValueError(target)
    return values, plain


def _bad(source: str) -> str:
    raise ValueError(source)


def _number(places: int, digits: int) -> Callable[[Layout, str], tuple[Decimal, bool]]:
    def number(layout: Layout, text: str) -> tuple[Decimal, bool]:
        sign = -1 if "-" in (text[0], text[-1]) else 1
        unsigned = text[1:] if text[0] in "+-" else text.removesuffix("-")
        whole, mark, cents = unsigned.partition(layout.decimal)
        if layout.thousands and layout.thousands in whole:
            first, *groups = whole.split(layout.thousands)
            if not 1 <= len(first) <= 3 or any(len(group) != 3 for group in groups):
                raise ValueError
            whole = first + "".join(groups)
        if not re.fullmatch("[0-9]+", whole) or not re.fullmatch("[0-9]*", cents):
            raise ValueError
        if (mark and not 1 <= len(cents) <= places) or len(whole.lstrip("0")) > digits - places:
            raise ValueError
        return sign * Decimal(f"{whole}.{cents or '0'}"), True

    return number


def _percent(layout: Layout, text: str) -> tuple[Decimal, bool]:
    value, _ = _number(4, 18)(layout, text.removesuffix("%").strip())
    return value, not text.endswith("%")


def _integer(_: Layout, text: str) -> tuple[int, bool]:
    if not re.fullmatch("-?[0-9]{1,9}", text):
        raise ValueError
    return int(text), True


def _date(layout: Layout, text: str) -> tuple[date, bool]:
    value = datetime.strptime(_ascii(text.strip()), layout.date).date()  # noqa: DTZ007 - a day
    if not 1900 <= value.year <= 2999:
        raise ValueError
    return value, value.strftime(layout.date) == text


def _local_time(_: Layout, text: str) -> tuple[datetime, bool]:
    local = datetime.strptime(_ascii(text.strip()), "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007 - the zone comes next
    if not 1900 <= local.year <= 2999:
        raise ValueError
    utc = local.replace(tzinfo=COPENHAGEN).astimezone(UTC).replace(tzinfo=None)
    return utc, f"{local:%Y-%m-%d %H:%M:%S}" == text


def _utc_time(_: Layout, text: str) -> tuple[datetime, bool]:
    if not re.search("(Z|[+-][0-9]{2}:?[0-9]{2})$", text):
        raise ValueError
    value = datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)
    if not 1900 <= value.year <= 2999:
        raise ValueError
    return value, bool(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?\+00:00", text))


def _ascii(text: str) -> str:
    if not text.isascii():
        raise ValueError
    return text


def _boolean(_: Layout, text: str) -> tuple[bool, bool]:
    return {"True": True, "False": False}[text] if text in ("True", "False") else bool(_bad("")), True


def same(kind: str, said: Any, kept: Any) -> bool:
    """Whether the lake keeps what the file says: a text that looks like a CPR number is hidden, all else as it is."""
    if kind in ("code", "label") and said is not None and said != kept:
        return bool(_LIKE_CPR.search(said)) and ("cpr-" in str(kept) or "[CPR]" in str(kept))
    return bool(said == kept)


_READERS: Final[Mapping[str, Callable[[Layout, str], tuple[Any, bool]]]] = {
    "money": _number(2, 18),
    "quantity": _number(4, 18),
    "percent": _percent,
    "integer": _integer,
    "date": _date,
    "local": _local_time,
    "utc": _utc_time,
    "boolean": _boolean,
    "code": lambda _, text: (text, True),
    "label": lambda _, text: (text, True),
}

_PAYMENT: Final = {
    "source_payment_id": "id:code!",
    "planned_on": "date:date!",
    "planned_dkk": "amount:money!",
    "paid_on": "paid_date:date",
    "paid_dkk": "paid_amount:money",
    "source_account_string": "account_string:code",
    "account_alias": "account_alias:code",
    "course_id": "payment_schedule__payment_id:code!",
    "schedule_amount_dkk": "payment_schedule__payment_amount:money",
    "payment_frequency": "payment_schedule__payment_frequency:code",
    "recipient_type": "recipient_type:codes",
    "payment_method": "payment_method:code",
    "payment_cost_type": "payment_cost_type:code",
    "price_per_unit_dkk": "price_per_unit:money",
    "units": "units:quantity",
    "is_fictive": "fictive:boolean!",
    "activity_no": "activity__details__activity_id:code",
    "activity_name": "activity__details__name:label",
    "start_on": "activity_start_date:date",
    "end_on": "activity_end_date:date",
    "activity_status": "activity_status:codes!",
    "course_type": "activity_type:codes!",
    "section_id": "section:code",
    "section_name": "section_text:label",
    "appropriation_id": "sbsys_id:code",
    "main_activity_no": "main_activity_id:code",
    "main_activity_name": "main_activity_name:label",
    "caseworker_id": "case_worker:code",
    "team_id": "team:label",
    "leader_id": "leader:code",
    "efforts": "efforts:label",
    "category_no": "activity_category__category_id:code",
    "category_name": "activity_category__name:label",
    "approval_level": "approval_level:label",
    "approval_user_id": "approval_user:code",
    "appropriation_on": "appropriation_date:date",
}
_PAYMENT_CODES: Final = {
    "recipient_type": {name: name for name in ("INTERNAL", "PERSON", "COMPANY")},
    "activity_status": {name: name for name in ("GRANTED", "EXPECTED")},
    "course_type": {"MAIN_ACTIVITY": "MAIN", "SUPPL_ACTIVITY": "SUPPL"},
}


def _bos(name: str, file: str, entity: str, cells: Mapping[str, str], **more: Any) -> Layout:
    return Layout(name, "bos", file, entity, "utf-8", ",", ".", cells, **more)


def _ledger(name: str, file: str, entity: str, cells: Mapping[str, str], **more: Any) -> Layout:
    return Layout(name, "ledger", file, entity, "cp1252", ";", ",", cells, date="%d.%m.%Y", **more)


def _plan(name: str, file: str, entity: str, cells: Mapping[str, str], **more: Any) -> Layout:
    common = {"thousands": ".", "date": "%d-%m-%Y", "share": 1.0, "has_rules": True}
    return Layout(name, "plan", file, entity, "utf-8", ";", ",", cells, **{**common, **more})


def _payments(report: str) -> Layout:
    return _bos(
        f"{report}_payments",
        f"{report}_payments_3.csv",
        "course_payment",
        _PAYMENT,
        key=("source_payment_id",),
        spare=frozenset({"note"}),
        multiline=frozenset({"note"}),
        codes=_PAYMENT_CODES,
        total="planned_dkk",
    )


LAYOUTS: Final = (
    _payments("expected"),
    _payments("granted"),
    _bos(
        "cases",
        "expected_cases_0.csv",
        "case_history",
        {
            "case_id": "id:code!",
            "history_id": "history_id:code!",
            "changed_at": "history_date:utc!",
            "case_sbsys_id": "case_sbsys_id:code",
            "target_group": "target_group:label",
            "caseworker_id": "case_worker:code",
            "team_id": "team:label",
            "leader_id": "leader:code",
            "efforts": "efforts:label",
        },
        key=("case_id", "history_id"),
    ),
    _ledger(
        "postings",
        "postings_2022-06.csv",
        "posting",
        {
            "posting_id": "posting_id:code!",
            "fiscal_year": "fiscal_year:integer!",
            "period_no": "period:integer!",
            "posted_on": "posted_on:date!",
            "source_account_string": "account_string:code",
            "account_alias": "account_alias:code",
            "art_no": "art:code",
            "amount_dkk": "amount:money!",
            "payment_reference": "payment_reference:code",
            "invoice_no": "invoice_no:code",
            "registered_at": "created_at:local",
        },
        key=("posting_id",),
        sign=("debit_credit", "D", "K"),
        fixed={"fiscal_year": 2022, "period_no": 6},
        total="amount_dkk",
    ),
    _ledger(
        "budget",
        "budget_2022.csv",
        "budget",
        {
            "fiscal_year": "fiscal_year:integer!",
            "source_account_string": "account_string:code!",
            "account_alias": "account_alias:code",
            "account_name": "account_name:label",
            "original_budget_dkk": "original_budget:money",
            "supplementary_budget_dkk": "supplementary_budget:money",
            "corrected_budget_dkk": "corrected_budget:money!",
            "decided_on": "decided_on:date",
        },
        key=("fiscal_year", "source_account_string"),
        fixed={"fiscal_year": 2022},
        total="corrected_budget_dkk",
    ),
    _ledger(
        "invoices",
        "invoices.csv",
        "invoice",
        {
            "invoice_no": "invoice_no:code!",
            "amount_dkk": "amount:money!",
            "received_on": "received_on:date",
            "due_on": "due_on:date",
            "invoice_status": "status:codes!",
            "posted_on": "posted_on:date",
            "source_account_string": "account_string:code",
        },
        codes={
            "invoice_status": {"MODTAGET": "RECEIVED", "UNDER GODKENDELSE": "APPROVAL", "BOGFØRT": "POSTED"}
        },
        total="amount_dkk",
    ),
    Layout(
        "kmd_opus",
        "kmd_opus",
        "2022-06-30.csv",
        "posting",
        "utf-8",
        ";",
        ",",
        {
            "amount_dkk": "Beløb:money!",
            "payment_reference": "Referencenøgle:code",
        },
        thousands=".",
        spare=frozenset({"Tekst", "Ydelsesmodtagernr.", "Profitcenter", "Ordre", "Netværk"}),
        unread=frozenset({"Profitcenter", "Ordre", "Netværk"}),
        sign=("Debet/kredit", "Debet", "Kredit"),
        share=0,
        sums_to_zero=True,
        total="amount_dkk",
    ),
    _plan(
        "assumptions",
        "assumptions_2022.csv",
        "budget_assumption",
        {
            "activity_no": "Aktivitetsnummer:code!",
            "provider_kind": "Leverandørtype:codes",
            "target_group": "Målgruppe:label",
            "assumed_courses": "Helårsforløb:quantity",
            "assumed_duration_days": "Varighed i dage:quantity",
            "assumed_price_day_dkk": "Pris pr. dag:money",
            "assumed_cost_dkk": "Udgift:money!",
            "activation_pct": "Aktiveringsprocent:percent",
            "threshold_pct": "Tærskel:percent",
        },
        key=("activity_no", "provider_kind", "target_group"),
        codes={"provider_kind": {"firma": "company", "person": "person", "intern": "internal"}},
        share=0,
        spare=frozenset(
            {
                "Leverandørtype",
                "Målgruppe",
                "Helårsforløb",
                "Varighed i dage",
                "Pris pr. dag",
                "Aktiveringsprocent",
                "Tærskel",
                "Ansvarlig",
            }
        ),
        total="assumed_cost_dkk",
    ),
    _plan(
        "initiatives",
        "initiatives.csv",
        "savings_initiative",
        {
            "initiative_id": "Initiativ:code!",
            "measure_da": "Tiltag:label!",
            "frame_id": "Ramme:code!",
            "fiscal_year": "År:integer!",
            "effect_dkk": "Effekt:money!",
            "start_on": "Startmåned:date!",
            "probability_pct": "Sandsynlighed:percent!",
            "deadline_on": "Frist:date",
            "owner_role": "Ansvarlig:label!",
            "lever": "Virker på:codes!",
            "initiative_status": "Status:codes!",
        },
        key=("initiative_id", "fiscal_year"),
        codes={
            "lever": {"Antal": "number", "Pris": "price", "Serviceniveau": "service_level"},
            "initiative_status": {
                "Planlagt": "PLANNED",
                "Besluttet": "DECIDED",
                "I gang": "RUNNING",
                "Gennemført": "DONE",
                "Opgivet": "DROPPED",
            },
        },
        spare=frozenset({"Frist", "Konto", "Paragraf", "Aktivitetsnummer", "CVR-nummer", "Forløb"}),
        total="effect_dkk",
    ),
    _plan(
        "agreements",
        "agreements.csv",
        "purchase_agreement",
        {
            "agreement_no": "Aftale:label!",
            "provider_id": "CVR-nummer:code!",
            "activity_no": "Aktivitetsnummer:code",
            "valid_from": "Gælder fra:date!",
            "valid_to": "Gælder til:date",
            "notice_months": "Opsigelse i måneder:integer",
            "agreed_price_day_dkk": "Pris pr. dag:money",
            "price_regulation": "Regulering:codes",
        },
        key=("agreement_no", "activity_no"),
        codes={"price_regulation": {"Indeks": "INDEX", "Fast": "FIXED"}},
        spare=frozenset({"Aktivitetsnummer"}),
    ),
    _plan(
        "consequences",
        "consequences.csv",
        "decision_consequence",
        {
            "decision_no": "Beslutning:code!",
            "decided_on": "Besluttet:date!",
            "department_da": "Afdeling:label!",
            "fiscal_year": "År:integer!",
            "effect_dkk": "Beløb:money!",
            "probability_pct": "Sandsynlighed:percent!",
        },
        key=("decision_no", "department_da", "fiscal_year"),
        spare=frozenset({"Titel", "Ramme", "Konto", "Forløb"}),
        total="effect_dkk",
    ),
)
"""Every file type that is delivered as CSV, with the name of the file that the tests deliver."""
