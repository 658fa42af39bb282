"""The history of what observed models said: one evaluation a delivery date, stored once, the same when done again."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration import dbt, replay, warehouse
from orchestration.settings import Settings

from .conftest import delivery, file_record

DELIVERIES = [delivery("2022-01-31"), delivery("2022-02-28"), delivery("2022-03-31")]


OBSERVED = [
    replay.Observed("model.kobling.hits", "intermediate", "hits", "gap_observation"),
    replay.Observed("model.kobling.forecasts", "marts", "forecasts", "forecast_observation"),
]


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[date]:
    """The building, replaced by a hit and a forecast a build; the dates that were built."""
    dates: list[date] = []

    def build(database: Path, *_: Any, **__: Any) -> list[dbt.NodeResult]:
        dates.append(warehouse.read_as_of(database))
        observe(database, dates[-1])
        return []

    dbt.prepare()
    monkeypatch.setattr(replay, "build", build)
    monkeypatch.setattr(replay, "observed_models", lambda: OBSERVED)
    monkeypatch.setattr(replay, "code_version", lambda: "rules-1")
    return dates


def observe(database: Path, as_of: date) -> None:
    """One hit of the date, and the number of forecasts that were visible before it."""
    values = {"gap_id": f"'{as_of}'", "forecast": "(select count(*) from control.forecast_observation)"}
    with duckdb.connect(str(database)) as connection:
        for model in OBSERVED:
            columns = ", ".join(
                f"{values.get(column, 'null')}::{type_} as {column}"
                for column, type_ in warehouse.CONTROL[model.table].items()
                if column != "observed_on"
            )
            connection.execute(
                f"create schema if not exists {model.schema}; "
                f"create table {model.schema}.{model.model} as select {columns}"
            )


def observations(settings: Settings, column: str = "gap_id", table: str = "gap_observation") -> list[Any]:
    """Observed date and one column of every row that models see."""
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
        return connection.execute(
            f"select observed_on, {column} from control.{table} order by all"
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
    observe(settings.warehouse_path, date(2022, 2, 28))
    assert replay.store(settings, settings.warehouse_path, DELIVERIES[:2], date(2022, 2, 28)) == 2
    assert replay.evaluate_missing(settings, DELIVERIES, date(2022, 3, 31)) == []
    assert built == [date(2022, 1, 31)]


def test_models_see_the_dates_before_theirs(settings: Settings, built: list[date]) -> None:
    as_of = date(2022, 3, 31)
    replay.evaluate_missing(settings, DELIVERIES, as_of)
    warehouse.prepare(settings, as_of, settings.warehouse_path, DELIVERIES)
    # nobody observes the other tables here
    assert replay.fill(settings, settings.warehouse_path, DELIVERIES, as_of) == dict.fromkeys(
        warehouse.OBSERVED, 0
    ) | {"gap_observation": 2, "forecast_observation": 2}
    assert observations(settings) == [
        (date(2022, 1, 31), "2022-01-31"),
        (date(2022, 2, 28), "2022-02-28"),
    ]
    # the later replay saw what the earlier one had observed
    assert observations(settings, "forecast", "forecast_observation") == [
        (date(2022, 1, 31), Decimal(0)),
        (date(2022, 2, 28), Decimal(1)),
    ]
    warehouse.prepare(settings, date(2022, 1, 31), settings.warehouse_path, DELIVERIES)
    nothing = replay.fill(settings, settings.warehouse_path, DELIVERIES, date(2022, 1, 31))
    assert set(nothing.values()) == {0}


def test_changed_rules_are_evaluated_again_and_replace_the_old(
    settings: Settings, built: list[date], monkeypatch: pytest.MonkeyPatch
) -> None:
    replay.evaluate_missing(settings, DELIVERIES, date(2022, 2, 28))
    monkeypatch.setattr(replay, "code_version", lambda: "rules-2")
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


def test_every_observed_model_has_the_columns_of_its_table() -> None:
    dbt.prepare()
    models = replay.observed_models()
    assert [model.table for model in models] == sorted(warehouse.OBSERVED)
    for model in models:
        named = dbt.manifest()["nodes"][model.node]["columns"]
        assert set(warehouse.CONTROL[model.table]) - {"observed_on"} <= set(named)
