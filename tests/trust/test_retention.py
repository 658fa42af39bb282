"""How long deliveries, publications and logs are kept: by their own dates, never by the clock."""

import json
import os
from datetime import date
from pathlib import Path

import pytest

from orchestration import replay, warehouse
from orchestration.ingest import load_deliveries, settled_deliveries
from orchestration.logs import logging_to
from orchestration.publish import store
from orchestration.retention import months_before
from orchestration.settings import Settings, load_settings
from tests.ingest.conftest import World
from tests.trust import publications


@pytest.mark.parametrize(
    ("day", "months", "before"),
    [
        ("2022-06-30", 24, "2020-06-30"),
        ("2022-03-31", 1, "2022-02-28"),
        ("2024-03-31", 1, "2024-02-29"),
        ("2024-02-29", 12, "2023-02-28"),
        ("2022-01-15", 1, "2021-12-15"),
        ("2022-12-31", 12, "2021-12-31"),
        ("0001-12-31", 13, "0001-01-01"),
    ],
)
def test_a_period_begins_on_the_same_day_or_the_months_last(day: str, months: int, before: str) -> None:
    assert str(months_before(date.fromisoformat(day), months)) == before


def test_without_a_period_all_is_kept() -> None:
    assert months_before(date(2022, 6, 30), None) == date.min


@pytest.fixture
def world(settings: Settings) -> World:
    """A ledger and plans; deliveries over three years."""
    world = World(settings.model_copy(update={"keep_deliveries_months": 24}))
    for year in (2020, 2021, 2022):
        world.postings(
            {"posting_id": str(year), "fiscal_year": str(year)},
            day=f"{year}-01-31",
            name=f"postings_{year}-01.csv",
        )
    return world


def test_deliveries_past_their_period_are_emptied_and_do_not_come_back(world: World) -> None:
    world.postings({"posting_id": "9", "period": "002"}, day="2022-02-28", name="postings_2022-02.csv")
    first = world.ingest()
    assert len(first.loaded) == 4
    assert "ledger 2020-01-31: past its retention period, emptied" in first.messages
    assert [row[0] for row in world.rows("posting", "posting_id")] == ["2021", "2022", "9"]
    (gone,) = [record for record in load_deliveries(world.settings.lake_path) if record.status == "retired"]
    assert (gone.extract_date, gone.files[0].lake_file) == (date(2020, 1, 31), None)
    assert not list((world.settings.lake_path / "posting").glob("extract_date=2020-01-31/*"))
    # it still lies in landing: neither a run nor the sensor takes it for new
    again = world.ingest()
    assert (again.loaded, again.refused) == ([], [])
    assert settled_deliveries(world.settings, older_than_seconds=0) == []
    (line,) = world.settings.audit_path.read_text().splitlines()
    told = json.loads(line)
    assert (told["kind"], told["deliveries"], told["before"]) == ("retention", 1, "2020-01-31")


def test_the_newest_of_a_source_stays_however_old(world: World) -> None:
    world.put(
        "plan",
        "2020-01-31",
        "waivers.csv",
        "gap_id;rule_id;decision;comment_da;valid_until_on;decided_by;decided_on\r\n",
        "utf-8",
    )
    result = world.ingest()
    retired = [record for record in load_deliveries(world.settings.lake_path) if record.status == "retired"]
    assert {(record.source, record.extract_date) for record in retired} <= {("ledger", date(2020, 1, 31))}
    assert not [message for message in result.messages if "plan" in message and "retention" in message]


def test_without_the_setting_nothing_goes(world: World) -> None:
    world.settings = world.settings.model_copy(update={"keep_deliveries_months": None})
    world.ingest()
    assert len(world.rows("posting", "posting_id")) == 3
    assert not world.settings.audit_path.exists()


def test_what_was_observed_later_stays_as_it_was(world: World) -> None:
    """A retired delivery was there when a date was evaluated: the date is not evaluated again without it."""
    world.settings = world.settings.model_copy(update={"keep_deliveries_months": None})
    world.ingest()
    day = date(2022, 1, 31)
    before = replay.fingerprint(load_deliveries(world.settings.lake_path), day, "code")
    world.settings = world.settings.model_copy(update={"keep_deliveries_months": 24})
    world.postings({"posting_id": "9", "period": "002"}, day="2022-02-28", name="postings_2022-02.csv")
    world.ingest()
    records = load_deliveries(world.settings.lake_path)
    assert [record.status for record in records] == ["retired", "loaded", "loaded", "loaded"]
    assert replay.fingerprint(records, day, "code") == before
    assert warehouse.delivery_dates(records)[0] == date(2021, 1, 31)


def test_publications_go_by_number_and_by_age(settings: Settings) -> None:
    settings = settings.model_copy(update={"keep_publications": 2, "keep_publications_months": 12})
    for hour, as_of in enumerate(("2021-05-31", "2021-06-30", "2022-05-31", "2022-06-15", "2022-06-30")):
        publications.add(settings, as_of, hour)
    # somebody looks far back, just now: among the newest built, but past its period
    publications.add(settings, "2021-01-31", 9)
    assert len(store.retain(settings)) == 3
    assert publications.names(settings) == ["2021-06-30", "2022-05-31", "2022-06-30*"]


def test_the_current_publication_stays_whatever_is_set(settings: Settings) -> None:
    settings = settings.model_copy(update={"keep_publications": 1, "keep_publications_months": 1})
    publications.add(settings, "2022-06-30", 0)
    publications.add(settings, "2022-01-31", 1)
    store.retain(settings)
    assert publications.names(settings) == ["2022-06-30*"]


def test_logs_go_by_number(tmp_path: Path) -> None:
    for number in range(5):
        path = tmp_path / f"run-{number}.log"
        path.touch()
        os.utime(path, (number, number))
    with logging_to(tmp_path / "run-now.log", kept=3):
        pass
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run-3.log", "run-4.log", "run-now.log"]


@pytest.mark.parametrize("name", ["KEEP_DELIVERIES_MONTHS", "KEEP_PUBLICATIONS_MONTHS", "KEEP_LOGS"])
def test_a_period_that_makes_no_sense_is_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"KOBLING_{name}", "0")
    with pytest.raises(Exception, match=f"KOBLING_{name}"):
        load_settings()
