"""What the contenders read and make: the newest files of a landing folder, three marts; and a next day's delivery.

    python -m benchmarks.deliveries LANDING OUT

Writes to OUT what the sources would deliver the day after the newest delivery of LANDING.
"""

import re
import shutil
import sys
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from orchestration.settings import PROJECT_ROOT

MARTS = {
    "mart_overrun": ["fiscal_year", "account_id"],
    "mart_registration_gap": ["rule_id", "business_key"],
    "mart_unit_price": [
        "month",
        "section_id",
        "activity_no",
        "provider_id",
        "target_group",
        "is_unattached",
    ],
}
"""What floor, pandas and PostgreSQL make: CSV files of these names, with one row for each value of these columns."""

CORRECTIONS = PROJECT_ROOT / "seeds" / "account_correction.csv"


@dataclass(frozen=True)
class Newest:
    """The files that are the truth: a ledger delivery replaces the periods and years that it brings."""

    as_of: date
    granted: Path
    expected: Path
    postings: list[Path]
    budgets: list[Path]


def newest(landing: Path) -> Newest:
    """The newest file of each name."""
    delivery = max((landing / "bos").iterdir())
    return Newest(
        as_of=date.fromisoformat(delivery.name),
        granted=delivery / "granted_payments_3.csv",
        expected=delivery / "expected_payments_3.csv",
        postings=_newest_of_name(landing / "ledger", "postings_*.csv"),
        budgets=_newest_of_name(landing / "ledger", "budget_*.csv"),
    )


def _newest_of_name(folder: Path, pattern: str) -> list[Path]:
    return list({path.name: path for path in sorted(folder.glob(f"*/{pattern}"))}.values())


def next_day(landing: Path, out: Path) -> None:
    """Writes to `out` what the sources would deliver the day after the newest delivery of `landing`.

    The reports again, with one in a hundred of the year's unpaid payments marked as paid; the year's ledger files
    again, and a new period with what was paid to persons on the first of the month before.
    """
    now = newest(landing)
    day = now.as_of + timedelta(days=1)
    year = now.as_of.year
    bos, ledger = (out / source / day.isoformat() for source in ("bos", "ledger"))
    bos.mkdir(parents=True)
    ledger.mkdir(parents=True)

    paid = re.compile(rb"^(\d*00),(-?[\d.]+),,(%d-\d\d-\d\d),," % year, re.MULTILINE)
    for report in now.granted.parent.iterdir():
        with report.open("rb") as read, (bos / report.name).open("wb") as written:
            while lines := b"".join(read.readlines(1 << 26)):
                written.write(paid.sub(lambda row: _paid(row, now.as_of), lines))

    for file in [*now.postings, *now.budgets]:
        if str(year) in file.name:
            shutil.copyfile(file, ledger / file.name)
    shutil.copyfile(
        now.granted.parents[2] / "ledger" / now.as_of.isoformat() / "invoices.csv", ledger / "invoices.csv"
    )

    last = ledger / f"postings_{now.as_of:%Y-%m}.csv"
    first_of_month = now.as_of.replace(day=1)
    with last.open("rb") as read, (ledger / f"postings_{day:%Y-%m}.csv").open("wb") as written:
        written.write(next(read))
        for line in read:
            if f";{first_of_month:%d.%m.%Y};".encode() in line and b";D;;;" in line:
                written.write(_moved(line, day))


def _paid(row: re.Match[bytes], as_of: date) -> bytes:
    number, amount, planned = row.groups()
    if planned.decode() > as_of.isoformat():
        return row[0]
    return b",".join((number, amount, amount, planned, planned, b""))


def _moved(line: bytes, day: date) -> bytes:
    """The same payment on that day: another posting id, period, date and time of registration."""
    cells = line.decode("latin-1").split(";")
    cells[0] = "9" + cells[0][1:]
    cells[1], cells[2] = str(day.year), f"{day.month:03d}"
    cells[3] = f"{day:%d.%m.%Y}"
    cells[-1] = day.isoformat() + cells[-1][10:]
    return ";".join(cells).encode("latin-1")


if __name__ == "__main__":
    next_day(Path(sys.argv[1]), Path(sys.argv[2]))
