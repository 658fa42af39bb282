"""Deliveries in the real formats with people of our own in them, also where no person belongs.

Belongs here: made-up people whose names and birth dates are nobody else's, and where they are planted. Does not:
running anything on the deliveries, or looking for them (scan). All numbers and names are synthetic.
"""

import csv
import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from orchestration import synth
from tests.trust.scan import Needles

Row = dict[str, str]


@dataclass(frozen=True)
class Person:
    """Somebody made up."""

    name: str
    number: str
    born: date

    @property
    def hyphened(self) -> str:
        return f"{self.number[:6]}-{self.number[6:]}"

    @property
    def initials(self) -> str:
        return "".join(word[0] for word in self.name.split())


CHILD = Person("Zanziba Xenophonia Qvistgaardsen", "2802994321", date(1999, 2, 28))
SIBLING = Person("Yggdrasilia Øllegårdsen", "2902004327", date(2000, 2, 29))
PAYEE = Person("Thorvaldine Æblekærsen", "3103514567", date(1951, 3, 31))
STRANGER = Person("Uffenora Pilekvistsen", "0909034569", date(2003, 9, 9))
PEOPLE = (CHILD, SIBLING, PAYEE, STRANGER)
NINE = "109034569"
"""A number that lost a digit: a caseworker's slip, and still somebody's."""


def needles() -> Needles:
    """All that must come out nowhere."""
    words = {word for person in PEOPLE for word in person.name.split()}
    return Needles.of(
        numbers=[*(person.number for person in PEOPLE), NINE],
        names=[person.name for person in PEOPLE],
        words=words,
        births=[person.born for person in PEOPLE],
    )


def deliver(out: Path, *, children: int, months: int, seed: int) -> Path:
    """Writes synthetic deliveries and plants the people; the landing folder."""
    synth.write(out, children, months, seed)
    landing = out / "landing"
    dates = sorted(folder.name for folder in (landing / "bos").iterdir())
    first = landing / "bos" / dates[-1] / "granted_payments_3.csv"
    numbers = list(
        dict.fromkeys(row["cpr_number"] for row in _read(first, "utf-8", ",") if row["cpr_number"])
    )
    become = dict(zip(numbers, (CHILD, SIBLING), strict=False))
    payees = dict.fromkeys(
        row["recipient_id"] for row in _read(first, "utf-8", ",") if row["recipient_type"] == "PERSON"
    )
    paid = next((number for number in payees if number not in become), None)
    for day in dates:
        for report in ("expected_payments_3", "granted_payments_3", "expected_cases_0"):
            _change(
                landing / "bos" / day / f"{report}.csv",
                "utf-8",
                ",",
                lambda rows: _in_bos(rows, become, paid),
            )
        for file in sorted((landing / "ledger" / day).glob("*.csv")):
            _change(file, "cp1252", ";", lambda rows: _in_ledger(rows, become, paid))
    for file in sorted(landing.glob("plan/*/*.csv")):
        _change(file, "utf-8", ";", _in_plan)
    refused(landing, dates)
    return landing


def refused(landing: Path, dates: Iterable[str]) -> None:
    """Deliveries that are refused, with people in headings, cells and names of files; and what is no delivery."""
    newest = max(dates)
    text = f"{CHILD.name};{CHILD.number}\r\n{SIBLING.hyphened};{SIBLING.name}\r\n"
    wrong = landing / "ledger" / "2022-06-29"
    wrong.mkdir(parents=True)
    (wrong / "postings_2022-06.csv").write_text(text, encoding="cp1252")
    named = landing / "bos" / "2022-06-28"
    named.mkdir(parents=True)
    (named / f"granted_payments_3 {STRANGER.hyphened}.csv").write_text(text, encoding="utf-8")
    # every cell of the amounts and dates is somebody
    bad = landing / "ledger" / "2022-06-27"
    bad.mkdir(parents=True)
    good = landing / "ledger" / newest / "postings_2022-06.csv"

    def spoil(rows: list[Row]) -> None:
        for row in rows:
            row |= {
                "amount": f"{PAYEE.name} {PAYEE.number}",
                "posted_on": CHILD.number,
                "fiscal_year": SIBLING.name,
            }

    (bad / good.name).write_bytes(good.read_bytes())
    _change(bad / good.name, "cp1252", ";", spoil)
    (landing / "bos" / newest / f"referat {PAYEE.hyphened}.txt").write_text(text, encoding="utf-8")
    (landing / f"{STRANGER.number}").mkdir()
    (landing / "bos" / f"{STRANGER.hyphened}").mkdir()


def _in_bos(rows: list[Row], become: dict[str, Person], paid: str | None) -> None:
    for row in rows:
        if person := become.get(row["cpr_number"]):
            row |= {"cpr_number": person.number, "name": person.name}
            row |= {"mother_cpr": PAYEE.hyphened, "father_cpr": STRANGER.number}
        if paid and row.get("recipient_id") == paid:
            row |= {"recipient_id": PAYEE.number, "recipient_name": PAYEE.name}
    if not rows or "note" not in rows[0]:
        for row, value in zip(rows, _numbers(), strict=False):
            row |= {"efforts": f"Kontakt {value}", "paying_municipality": f"Ballerup {value}"}
        return
    for row, value in zip(rows, _numbers(), strict=False):
        row["note"] = (
            f'ring til "{STRANGER.name}"; {value}\nfødt {CHILD.born:%d.%m.%Y}, {SIBLING.born:%d%m%y}'
        )
        row["efforts"] = f"Kontakt {value}"
        row["activity__details__name"] += f" {value}"
        row["section_text"] += f" ({value})"
        row["case_worker"] = value
        row["approval_user"] = value
        row["account_alias"] = value
    internal = [row for row in rows if row["recipient_type"] == "INTERNAL"]
    companies = [row for row in rows if row["recipient_type"] == "COMPANY"]
    for row, value in zip([*internal[:4], *companies[:4]], _numbers(), strict=False):
        row |= {"recipient_id": value, "recipient_name": f"Fonden ved {value}"}


def _in_ledger(rows: list[Row], become: dict[str, Person], paid: str | None) -> None:
    for row in rows:
        number = row.get("recipient_cpr")
        if number and number in become:
            row["recipient_cpr"] = become[number].number
        elif number and number == paid:
            row["recipient_cpr"] = PAYEE.hyphened
    for row, value in zip(rows, _numbers(), strict=False):
        _fill(
            row,
            text=f"Ophold {CHILD.name.split()[0]} {value}",
            invoice_no=value,
            supplier_cvr=value,
            supplier_name=STRANGER.name,
            payment_reference=value,
            account_alias=value,
            account_name=f"Konto {value}",
        )
    for row, person in zip(rows[9:], PEOPLE, strict=False):
        _fill(row, text=f"{person.born:%d%m%y} jan. 2022")
    for row, person in zip(rows[14:], PEOPLE, strict=False):
        _fill(row, text=f"Faktura vedr. {person.initials} {person.name}")


def _fill(row: Row, **values: str) -> None:
    """Puts values in those columns that the file has."""
    row |= {column: value for column, value in values.items() if column in row}


def _in_plan(rows: list[Row]) -> None:
    for row, value in zip(rows, _numbers(), strict=False):
        for column in ("Tiltag", "Titel", "Ansvarlig"):
            if row.get(column):
                row[column] += f" ({value})"


def _numbers() -> list[str]:
    """The ways in which a number is written where it does not belong."""
    two = f"{SIBLING.number} {PAYEE.hyphened}"
    return [
        CHILD.number,
        CHILD.hyphened,
        STRANGER.number,
        f"{STRANGER.number[:6]} {STRANGER.number[6:]}",
        two,
    ]


def _read(file: Path, encoding: str, delimiter: str) -> list[Row]:
    text = io.StringIO(file.read_bytes().decode(encoding), newline="")
    return list(csv.DictReader(text, delimiter=delimiter))


def _change(file: Path, encoding: str, delimiter: str, change: Callable[[list[Row]], None]) -> None:
    rows = _read(file, encoding, delimiter)
    if not rows:
        return
    columns = list(rows[0])
    change(rows)
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, delimiter=delimiter, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    file.write_bytes(text.getvalue().encode(encoding, errors="replace"))
