"""The history of what the gap rules saw: one evaluation a delivery date, stored once, the same when done again."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import duckdb
import pytest

from orchestration import dbt, replay, warehouse
from orchestration.settings import Settings

from .conftest import delivery, file_record

DELIVERIES = [delivery("2022-01-31"), delivery("2022-02-28"), delivery("2022-03-31")]


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[date]:
    """dbt, replaced by a hit a build; the dates that were built."""
    dates: list[date] = []

    def run(arguments: Sequence[str], database: Path, target: str) -> list[dbt.NodeResult]:
        as_of = warehouse.read_as_of(database)
        dates.append(as_of)
        hit(database, as_of)
        return []

    monkeypatch.setattr(dbt, "run", run)
    monkeypatch.setattr(replay, "rules_version", lambda: "rules-1")
    return dates


def hit(database: Path, as_of: date) -> None:
    """One hit of the date, in the union model's table."""
    types = warehouse.CONTROL["gap_observation"]
    columns = ", ".join(
        f"'{as_of}' as gap_id" if column == "gap_id" else f"null::{types[column]} as {column}"
        for column in replay.COLUMNS
    )
    with duckdb.connect(str(database)) as connection:
        connection.execute(
            f"create schema intermediate; create table {replay.UNION_TABLE} as select {columns}"
        )


def observations(settings: Settings) -> list[tuple[date, str]]:
    """Observed date and gap of every row that models see."""
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
        return connection.execute(
            "select observed_on, gap_id from control.gap_observation order by all"
        ).fetchall()


def test_each_earlier_delivery_date_is_evaluated_once_in_order(settings: Settings, built: list[date]) -> None:
    as_of = date(2022, 3, 31)
    assert replay.evaluate_missing(settings, DELIVERIES, as_of) == [date(2022, 1, 31), date(2022, 2, 28)]
    assert built == [date(2022, 1, 31), date(2022, 2, 28)]
    assert replay.evaluate_missing(settings, DELIVERIES, as_of) == []


def test_a_new_delivery_costs_no_replay_where_its_day_was_built(
    settings: Settings, built: list[date]
) -> None:
    replay.evaluate_missing(settings, DELIVERIES[:2], date(2022, 2, 28))
    warehouse.prepare(settings, date(2022, 2, 28), settings.warehouse_path, DELIVERIES[:2])
    hit(settings.warehouse_path, date(2022, 2, 28))
    assert replay.store(settings, settings.warehouse_path, DELIVERIES[:2], date(2022, 2, 28)) == 1
    assert replay.evaluate_missing(settings, DELIVERIES, date(2022, 3, 31)) == []
    assert built == [date(2022, 1, 31)]


def test_models_see_the_dates_before_theirs(settings: Settings, built: list[date]) -> None:
    as_of = date(2022, 3, 31)
    replay.evaluate_missing(settings, DELIVERIES, as_of)
    warehouse.prepare(settings, as_of, settings.warehouse_path, DELIVERIES)
    assert replay.fill(settings, settings.warehouse_path, DELIVERIES, as_of) == 2
    assert observations(settings) == [
        (date(2022, 1, 31), "2022-01-31"),
        (date(2022, 2, 28), "2022-02-28"),
    ]
    warehouse.prepare(settings, date(2022, 1, 31), settings.warehouse_path, DELIVERIES)
    assert replay.fill(settings, settings.warehouse_path, DELIVERIES, date(2022, 1, 31)) == 0


def test_changed_rules_are_evaluated_again_and_replace_the_old(
    settings: Settings, built: list[date], monkeypatch: pytest.MonkeyPatch
) -> None:
    replay.evaluate_missing(settings, DELIVERIES, date(2022, 2, 28))
    monkeypatch.setattr(replay, "rules_version", lambda: "rules-2")
    assert replay.evaluate_missing(settings, DELIVERIES, date(2022, 2, 28)) == [date(2022, 1, 31)]
    assert len(list((settings.observations_path / "observed_on=2022-01-31").iterdir())) == 1


def test_a_fingerprint_depends_on_what_was_known_that_day_only() -> None:
    day = date(2022, 2, 28)
    before = replay.fingerprint(DELIVERIES, day, "r")
    later = delivery("2022-03-31", files=[file_record(file_hash="other")])
    refused = delivery("2022-02-28", source="bos", status="refused")
    earlier = delivery("2022-01-31", files=[file_record(file_hash="other")])
    assert replay.fingerprint([*DELIVERIES[:2], later, refused], day, "r") == before
    assert replay.fingerprint(list(reversed(DELIVERIES)), day, "r") == before
    assert replay.fingerprint([earlier, *DELIVERIES[1:]], day, "r") != before
    assert replay.fingerprint(DELIVERIES, day, "s") != before


def test_without_rules_there_is_nothing_to_replay(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay, "rules_version", lambda: None)
    assert replay.evaluate_missing(settings, DELIVERIES, date(2022, 3, 31)) == []
