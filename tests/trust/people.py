"""Who is in delivered files: read by the files' own column names, not by the product's profiles."""

import csv
import gzip
import io
import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from orchestration.settings import PROJECT_ROOT
from tests.trust.scan import Needles, folded

NUMBERS = ("cpr_number", "mother_cpr", "father_cpr", "recipient_cpr")
_PRISM = re.compile(r"&(?:11|133)(\d{10})(?!\d)")


def people_of(landing: Path) -> Needles:
    """Everybody's number, name and birth date in the case system's, the ledger's and the payment files.

    Names that a published list of providers has too are left out: a company's name is not personal.
    """
    numbers: set[str] = set()
    names: set[str] = set()
    bos = (row for path in landing.glob("bos/*/*.csv*") for row in _rows(path, "utf-8", ","))
    ledger = (row for path in landing.glob("ledger/*/postings_*.csv") for row in _rows(path, "cp1252", ";"))
    for row in chain(bos, ledger):
        numbers |= {row.get(column) or "" for column in NUMBERS}
        names.add(row.get("name") or "")
        if row.get("recipient_type") == "PERSON":
            numbers.add(row["recipient_id"])
            names.add(row["recipient_name"])
    for path in landing.glob("prism/*/*"):
        numbers |= set(_PRISM.findall(path.read_text(encoding="latin-1")))
    found = Needles.of(numbers=(number for number in numbers if len(number) > 8), names=names)
    companies = folded((PROJECT_ROOT / "seeds" / "provider.csv").read_text(encoding="utf-8"))
    published = {pair for pair in found.names if " ".join(pair) in companies}
    return Needles(numbers=found.numbers, names=found.names - published, prefixes=found.prefixes)


def _rows(path: Path, encoding: str, delimiter: str) -> Iterator[dict[str, str]]:
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    yield from csv.DictReader(io.StringIO(data.decode(encoding), newline=""), delimiter=delimiter)
