"""The sensor on settled deliveries."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import dagster as dg
import pytest

from orchestration.ingest.registry import write_record
from orchestration.sensors import SETTLE_SECONDS, delivery_sensor
from orchestration.settings import Settings

from .conftest import delivery


@pytest.fixture
def look(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[dg.RunRequest]]:
    """Evaluates the sensor some minutes later, with the cursor of the time before."""
    cursor: list[str | None] = [None]
    now = time.time() + SETTLE_SECONDS + 60
    monkeypatch.setattr(time, "time", lambda: now)

    def evaluate() -> list[dg.RunRequest]:
        context = dg.build_sensor_context(cursor=cursor[0])
        found = delivery_sensor.evaluate_tick(context)
        cursor[0] = found.cursor
        return list(found.run_requests or [])

    return evaluate


Look = Callable[[], list[dg.RunRequest]]
Land = Callable[..., Path]


def test_an_empty_landing_folder_asks_for_nothing(look: Look) -> None:
    assert look() == []


def test_a_delivery_asks_for_one_run_once(look: Look, land: Land) -> None:
    land("ledger", "2022-01-31", "postings_2022-01.csv")
    land("bos", "2022-01-31", "expected_payments_2.csv")
    assert len(look()) == 1
    assert look() == []


def test_a_loaded_delivery_asks_for_nothing_and_a_refused_one_not_again(
    look: Look, land: Land, settings: Settings
) -> None:
    land("ledger", "2022-01-31", "postings_2022-01.csv")
    land("bos", "2022-01-31", "expected_payments_2.csv")
    assert len(look()) == 1
    write_record(settings.lake_path, delivery("2022-01-31"))
    write_record(settings.lake_path, delivery("2022-01-31", source="bos", status="refused"))
    assert look() == []


def test_a_mended_delivery_asks_again_with_another_key(look: Look, land: Land, settings: Settings) -> None:
    path = land("ledger", "2022-01-31", "postings_2022-01.csv")
    first = look()
    write_record(settings.lake_path, delivery("2022-01-31", status="refused"))
    path.write_text("mended\n")
    second = look()
    assert [len(first), len(second)] == [1, 1]
    assert first[0].run_key != second[0].run_key


def test_a_folder_that_still_changes_waits(land: Land, settings: Settings) -> None:
    path = land("ledger", "2022-01-31", "postings_2022-01.csv")
    os.utime(path)
    assert delivery_sensor.evaluate_tick(dg.build_sensor_context()).run_requests in (None, [])
