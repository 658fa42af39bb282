"""The manifest of a publication: what it was built from, what is in it, and what the gate said.

Belongs here: the manifest's model, which is an interface (`manifest.json`). Does not: how it is found out.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from pydantic import AliasChoices, BaseModel, ConfigDict, Field

FILE_NAME = "manifest.json"


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class DeliveredFile(_Entry):
    """A file of a delivery, as ingest registered it."""

    name: str
    entity: str
    mode: str
    sha256: str = Field(validation_alias=AliasChoices("sha256", "file_hash"))
    """Of the raw file, hexadecimal; the registry and the lake call it `file_hash`."""
    rows: int
    accepted: int
    quarantined: int
    amount_total_dkk: Decimal | None = None
    is_unchanged: bool = False
    warnings: list[str] = []


class DeliveryEntry(_Entry):
    """A delivery up to the as-of date, loaded or refused."""

    source: str
    extract_date: date
    profile: str
    status: str
    reason: str | None = None
    key_fingerprint: str | None = None
    files: list[DeliveredFile] = []
    forgotten: int = 0
    """How often rows of it had been taken from a child when this was built."""

    @property
    def rows(self) -> int:
        """Accepted rows of all files."""
        return sum(file.accepted for file in self.files)

    @property
    def quarantined(self) -> int:
        """Refused rows of all files."""
        return sum(file.quarantined for file in self.files)

    @property
    def amount_total_dkk(self) -> Decimal | None:
        """The ledger lines' control total; `None` where no file has one."""
        totals = [file.amount_total_dkk for file in self.files if file.entity == "posting"]
        known = [total for total in totals if total is not None]
        return sum(known, Decimal(0)) if known else None


class GateWarning(_Entry):
    """A check that did not hold and does not block."""

    check: str
    table: str
    rows: int
    text_da: str


class Gate(_Entry):
    """What the gate said. A publication exists only where nothing critical failed."""

    result: Literal["passed", "warning"]
    expectations: int
    dbt_tests: int
    critical: int
    warnings: list[GateWarning]


class Column(_Entry):
    """A published column with its DuckDB type."""

    name: str
    type: str


class TableEntry(_Entry):
    """A published table with control totals."""

    table: str
    """`schema.table`"""
    rows: int
    columns: list[Column]
    sums: dict[str, Decimal | None]
    """The sum of every DECIMAL column; `None` where all its values are empty."""
    key: list[str] = []
    """The columns that tell a row from all others; empty where no dbt test says so."""
    is_key_nullable: bool = False

    @property
    def name(self) -> str:
        """The table without its schema."""
        return self.table.split(".")[1]


class FileEntry(_Entry):
    """A file of the publication."""

    path: str
    """Relative to the publication, with forward slashes."""
    sha256: str
    bytes: int


class Manifest(_Entry):
    """`manifest.json`: everything but itself."""

    id: str
    as_of: date
    previous_as_of: date | None
    built_at: datetime
    run_id: str
    kobling_version: str
    git_commit: str | None
    key_fingerprint: str | None
    """Tells whether two publications' pseudonyms can be compared; says nothing about the key."""
    gate: Gate
    deliveries: list[DeliveryEntry]
    tables: list[TableEntry]
    files: list[FileEntry]

    def has(self, table: str) -> bool:
        """Whether `schema.table` is published."""
        return any(entry.table == table for entry in self.tables)
