"""The sensor on settled deliveries."""

import os
import socket
import time
from collections.abc import Callable
from pathlib import Path

import dagster as dg
import pytest

from orchestration import instance as instances
from orchestration.ingest.registry import write_record
from orchestration.schedules import daily
from orchestration.sensors import SETTLE_SECONDS, delivery_sensor
from orchestration.settings import Settings

from .conftest import delivery


@pytest.fixture
def look(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[dg.RunRequest]]:
    """Evaluates the sensor some minutes later, with the cursor of the time before."""
    cursor: list[str | None] = [None]
    instance = dg.DagsterInstance.ephemeral()
    now = time.time() + SETTLE_SECONDS + 60
    monkeypatch.setattr(time, "time", lambda: now)

    def evaluate() -> list[dg.RunRequest]:
        context = dg.build_sensor_context(instance, cursor=cursor[0])
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
    context = dg.build_sensor_context(dg.DagsterInstance.ephemeral())
    assert delivery_sensor.evaluate_tick(context).run_requests in (None, [])


@pytest.mark.parametrize("by", ["sensor", "schedule"])
def test_a_run_that_was_killed_holds_back_no_other(settings: Settings, by: str) -> None:
    """It would count as running for ever, and the queue takes one at a time."""

    @dg.job
    def job() -> None:
        pass

    with instances.open_instance(settings) as instance:
        tag = {instances.PROCESS_TAG: f"{socket.gethostname()}:1:1"}
        run = instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED, tags=tag)
        if by == "sensor":
            delivery_sensor.evaluate_tick(dg.build_sensor_context(instance))
        else:
            [asked] = daily.evaluate_tick(dg.build_schedule_context(instance)).run_requests or []
            assert asked.run_config == {}
        found = instance.get_run_by_id(run.run_id)
        assert found is not None
        assert found.status == dg.DagsterRunStatus.FAILURE
