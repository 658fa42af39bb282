"""What the tests of the orchestration share: settings in a folder of their own, made-up deliveries, one load."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import dagster as dg
import pytest

from orchestration.ingest import Delivery, FileRecord
from orchestration.settings import Settings, load_settings

KEY = "a-key-of-the-tests-and-of-nothing-else"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The settings of an empty home, set as environment variables too."""
    monkeypatch.setenv("KOBLING_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("KOBLING_PSEUDONYM_KEY", KEY)
    for name in ("KOBLING_LANDING", "KOBLING_PROFILES", "KOBLING_TARGET", "KOBLING_PG_DSN"):
        monkeypatch.delenv(name, raising=False)
    return load_settings()


@pytest.fixture(scope="session")
def definitions() -> dg.Definitions:
    """Dagster's definitions, loaded once."""
    from orchestration.definitions import build_definitions

    return build_definitions()


def file_record(name: str = "postings.csv", entity: str = "posting", **values: object) -> FileRecord:
    """A loaded file; its hash comes from its name."""
    fields: dict[str, object] = {
        "name": name,
        "entity": entity,
        "mode": "period",
        "file_hash": f"{name}-hash",
        "bytes": 10,
        "rows": 3,
        "accepted": 2,
        "quarantined": 1,
        "amount_total_dkk": "12.50",
        "balance_total_dkk": "0.00",
        "lake_file": None,
        "is_unchanged": False,
        "warnings": [],
    }
    return FileRecord.model_validate(fields | values)


def delivery(day: str, source: str = "ledger", status: str = "loaded", **values: object) -> Delivery:
    """A recorded delivery."""
    fields: dict[str, object] = {
        "source": source,
        "extract_date": date.fromisoformat(day),
        "profile": source,
        "profile_hash": "p1",
        "status": status,
        "reason": None if status == "loaded" else "unreadable",
        "loaded_at": datetime(2022, 7, 1, tzinfo=UTC),
        "key_fingerprint": "k1",
        "files": [file_record()] if status == "loaded" else [],
    }
    return Delivery.model_validate(fields | values)


@pytest.fixture
def land(settings: Settings) -> Callable[..., Path]:
    """Puts a file with some text into the landing folder."""

    def put(source: str, day: str, name: str, text: str = "x\n") -> Path:
        path = settings.landing_path / source / day / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return put
