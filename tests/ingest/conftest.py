"""Small synthetic deliveries in the real formats. No number of a person in here was ever issued to anybody."""

import csv
import gzip
import io
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.ingest import Delivery, ingest
from orchestration.ingest.profiles import load_profiles
from orchestration.settings import Settings

POSTING = {
    "posting_id": "5100000001",
    "fiscal_year": "2022",
    "period": "001",
    "posted_on": "03.01.2022",
    "account_string": "01005-528201003-015195-529",
    "account_alias": "BOS0000301",
    "art": "529",
    "amount": "100,50",
    "debit_credit": "D",
    "supplier_cvr": "",
    "supplier_name": "",
    "recipient_cpr": "",
    "payment_reference": "",
    "invoice_no": "",
    "text": "Faktura vedr. LC december 2021",
    "created_at": "2022-01-03 07:28:38",
}
PAYMENT = {
    "id": "1",
    "amount": "1375.00",
    "date": "2022-01-01",
    "account_string": "XXX-528211005-015186-XXX",
    "payment_schedule__payment_id": "99",
    "recipient_type": "COMPANY",
    "recipient_id": "10000009",
    "recipient_name": "Fonden Eksempel",
    "fictive": "False",
    "activity_status": "GRANTED",
    "activity_type": "MAIN_ACTIVITY",
    "cpr_number": "0101011234",
    "name": "Laura Mohammed Christiansen",
    "effort_step": "None",
}
CASE = {
    "id": "7",
    "history_id": "70",
    "history_date": "2022-01-02T03:04:05+00:00",
    "cpr_number": "0101011234",
}


class World:
    """A landing folder to fill, and the lake that comes of it."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def folder(self, source: str, day: str) -> Path:
        return self.settings.landing_path / source / day

    def put(self, source: str, day: str, name: str, content: str | bytes, encoding: str = "cp1252") -> Path:
        """Write a file into a delivery; a name ending in .gz is zipped."""
        path = self.folder(source, day) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        data = content.encode(encoding) if isinstance(content, str) else content
        path.write_bytes(gzip.compress(data, mtime=0) if name.endswith(".gz") else data)
        return path

    def postings(
        self, *rows: dict[str, str], day: str = "2022-01-31", name: str = "postings_2022-01.csv"
    ) -> Path:
        return self.put("ledger", day, name, table([{**POSTING, **row} for row in rows]))

    def bos(self, *payments: dict[str, str], day: str = "2022-01-31") -> None:
        """The three files of the case system, both payments reports with the same rows."""
        (profile,) = load_profiles(None)["bos"]
        for file in profile.files:
            rows: tuple[dict[str, str], ...] = payments or ({},)
            defaults = PAYMENT if file.entity == "course_payment" else CASE
            columns = [*file.required_columns, *(["note"] if "note" in file.multiline else [])]
            filled = [
                {**dict.fromkeys(columns, ""), **defaults, **(row if defaults is PAYMENT else {})}
                for row in rows
            ]
            if defaults is CASE:
                filled = filled[:1]
            self.put("bos", day, file.pattern, table(filled, ","), "utf-8")

    def ingest(self) -> Any:
        return ingest(self.settings)

    def loaded(self) -> Delivery:
        """Ingest; exactly one delivery is new."""
        result = self.ingest()
        assert not result.refused, result.refused[0].reason
        assert len(result.loaded) == 1, result.messages
        return result.loaded[0]

    def refused(self) -> str:
        """Ingest; exactly one delivery is refused; why."""
        result = self.ingest()
        assert not result.loaded
        (delivery,) = result.refused
        assert delivery.reason is not None
        assert "\n" not in delivery.reason
        return delivery.reason

    def rows(self, entity: str, columns: str = "*") -> list[tuple[Any, ...]]:
        files = str(self.settings.lake_path / entity / "*" / "*.parquet")
        query = (
            f"SELECT {columns} FROM read_parquet(?, hive_partitioning = true)"
            " ORDER BY extract_date, row_no, filename"
        )
        return duckdb.execute(query, [files]).fetchall()

    def quarantine(self, *more: str) -> list[tuple[Any, ...]]:
        files = str(self.settings.quarantine_path / "*" / "*" / "*.parquet")
        columns = ", ".join(["file_name", "line_no", "column_name", "reason", *more])
        query = f"SELECT {columns} FROM read_parquet(?) ORDER BY ALL"
        return duckdb.execute(query, [files]).fetchall()

    def state(self) -> dict[str, Any]:
        """Everything under lake and quarantine, without the time of loading, to compare."""
        found: dict[str, Any] = {}
        for root in (self.settings.lake_path, self.settings.quarantine_path):
            for path in sorted(root.rglob("*")):
                name = str(path.relative_to(self.settings.home_path))
                if path.suffix == ".parquet":
                    found[name] = duckdb.execute(f"FROM read_parquet('{path}')").fetchall()
                elif path.suffix == ".json":
                    record = Delivery.model_validate_json(path.read_bytes())
                    found[name] = record.model_dump(exclude={"loaded_at"})
        return found


def table(rows: list[dict[str, str]], delimiter: str = ";") -> str:
    """Rows as CSV with a header and CRLF."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(rows[0]), delimiter=delimiter, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


@pytest.fixture
def world(settings: Settings) -> World:
    return World(settings)


@pytest.fixture
def posting_table():
    """`posting_table(row, …)`: postings as the ledger's CSV text, each row's own values over a sound one."""
    return lambda *rows: table([{**POSTING, **row} for row in rows])
