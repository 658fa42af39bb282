"""The registry of deliveries: one JSON file a delivery, written last, so that it is the commit marker.

Belongs here: the record's model, reading and atomically writing it. Does not: the lake's data files (`lake`).
"""

import os
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from orchestration.ingest.profiles import Mode

REGISTRY = "_deliveries"
STAGING = ".staging"


class FileRecord(BaseModel):
    """One loaded file. `rows` = `accepted` + `quarantined`; totals in DKK over the accepted rows.

    `balance_total_dkk` is the sum of balance-side lines, which `amount_total_dkk` leaves out; both NULL where
    the entity has no amount. `lake_file` is relative to the lake.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    entity: str
    mode: Mode
    file_hash: str
    bytes: int
    rows: int
    accepted: int
    quarantined: int
    amount_total_dkk: Decimal | None
    balance_total_dkk: Decimal | None
    lake_file: str | None
    is_unchanged: bool
    warnings: list[str]


class Delivery(BaseModel):
    """What became of one delivery.

    `ignored`: files that no pattern fits. A refused one has no `files`; a retired one is past its retention period: its
    files are known by hash and hold nothing any more. `forgotten`: how often rows of it were taken from a child.
    """

    model_config = ConfigDict(frozen=True)

    source: str
    extract_date: date
    profile: str
    profile_hash: str
    status: Literal["loaded", "refused", "retired"]
    reason: str | None
    loaded_at: datetime
    key_fingerprint: str
    files: list[FileRecord]
    ignored: list[str] = []
    warnings: list[str] = []
    forgotten: int = 0


def record_path(lake: Path, source: str, extract_date: date, status: str) -> Path:
    """Where the record is: a refusal stands beside a loaded delivery of the same date and never hides it."""
    suffix = ".refused.json" if status == "refused" else ".json"
    return lake / REGISTRY / source / f"{extract_date}{suffix}"


def load_deliveries(lake: Path) -> list[Delivery]:
    """Every recorded delivery by date and source, loaded before refused.

    A date can have both: a loaded delivery, and the refusal of other content that came under its date later.
    """
    records = [
        Delivery.model_validate_json(path.read_bytes()) for path in sorted((lake / REGISTRY).glob("*/*.json"))
    ]
    return sorted(records, key=lambda record: (record.extract_date, record.source, record.status))


def write_record(lake: Path, delivery: Delivery) -> None:
    """Write the record durably and at once: readers see the old one or the new one."""
    path = record_path(lake, delivery.source, delivery.extract_date, delivery.status)
    make_folder(path.parent)
    temporary = make_folder(lake / STAGING) / path.name
    temporary.write_text(delivery.model_dump_json(indent=2) + "\n", encoding="utf-8")
    temporary.chmod(0o640)
    sync(temporary)
    temporary.replace(path)
    sync(path.parent)


def make_folder(path: Path) -> Path:
    """Create the folder and its parents with mode 0750."""
    for folder in reversed([path, *path.parents]):
        folder.mkdir(mode=0o750, exist_ok=True)
    return path


def sync(path: Path) -> None:
    """Have the file or folder on the disk before what comes next."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
