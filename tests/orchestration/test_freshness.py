"""A delivery that does not come: who owes what, when the alarm goes, and that rule E13 says the same."""

from datetime import date, timedelta

import dagster as dg
import pytest

from orchestration import freshness, notices, sensors
from orchestration.assets.lake import arrived, landing_key
from orchestration.freshness import Overdue, overdue
from orchestration.ingest import Delivery, IngestResult
from orchestration.ingest.registry import write_record
from orchestration.notices import Notice
from orchestration.settings import Settings

from .. import rendered
from .conftest import delivery, file_record

POSTING, INVOICE = file_record(), file_record("invoices.csv", "invoice")
BUDGET = file_record("budget.csv", "budget")


def test_nothing_is_expected_of_a_source_that_never_brought_it() -> None:
    assert overdue([], date(2022, 6, 30)) == []
    assert overdue([delivery("2022-01-31", files=[BUDGET])], date(2030, 1, 1)) == []
    assert overdue([delivery("2022-01-31", status="refused")], date(2030, 1, 1)) == []


@pytest.mark.parametrize(
    ("newest", "missing", "due"),
    [
        ("2022-01-31", "2022-02-01", "2022-03-10"),
        ("2022-12-01", "2023-01-01", "2023-02-10"),
        ("2024-01-15", "2024-02-01", "2024-03-10"),
    ],
)
def test_a_source_is_late_the_day_after_its_grace(newest: str, missing: str, due: str) -> None:
    brought = [delivery("2021-06-30"), delivery(newest), delivery("2021-12-31")]
    last_day = date.fromisoformat(due)
    assert overdue(brought, last_day) == []
    assert overdue(brought, last_day + timedelta(days=1)) == [
        Overdue("ledger", "posting", date.fromisoformat(missing), last_day)
    ]


def test_each_entity_is_expected_for_itself() -> None:
    brought = [delivery("2022-01-31", files=[POSTING, INVOICE]), delivery("2022-02-28", files=[POSTING])]
    [found] = overdue(brought, date(2022, 3, 11))
    assert str(found).startswith("ledger: no invoice for 2022-02, expected by 2022-03-10")


def test_the_rule_of_missing_deliveries_says_the_same() -> None:
    """E13, and so the worklist and mart_run_status's age, on every day of half a year."""
    brought = [
        delivery("2022-01-31", files=[POSTING, INVOICE, BUDGET]),
        delivery("2022-02-28", files=[POSTING]),
        delivery("2022-02-28", source="bos", files=[file_record("cases.csv", "case_history")]),
        delivery("2022-03-31", status="refused"),
    ]
    connection = rendered.warehouse(
        {
            "stg_reference__gap_rule": "rule_id varchar, severity varchar, threshold_days integer",
            "stg_control__run": "as_of date",
            "stg_control__delivery": "source_system varchar, extract_date date, status varchar",
            "stg_control__delivery_file": "source_system varchar, extract_date date, entity varchar, "
            "file_name varchar, file_hash varchar, row_count bigint, accepted_count bigint",
            "stg_reference__expected_delivery": "entity varchar, name_da varchar, grace_days integer",
        },
        "gap_e13",
    )
    fixed: dict[str, list[tuple[object, ...]]] = {
        "stg_reference__gap_rule": [("E13", "E", 10)],
        "stg_control__delivery": [(found.source, found.extract_date, found.status) for found in brought],
        "stg_control__delivery_file": [
            (found.source, found.extract_date, file.entity, file.name, file.file_hash, 3, 2)
            for found in brought
            for file in found.files
        ],
        "stg_reference__expected_delivery": [
            (name, name, days) for name, days in freshness.grace_days().items()
        ],
    }
    rendered.fill(connection, fixed)
    for day in (date(2022, 2, 28) + timedelta(days=days) for days in range(180)):
        rendered.fill(connection, {"stg_control__run": [(day,)]})
        said = {
            (row["business_key"].split("|")[0], entity, row["business_key"].split("|")[1])
            for row in rendered.rows(connection, "gap_e13")
            if row["business_key"].endswith("mangler")
            for entity in freshness.grace_days()
            if entity in row["text_da"]
        }
        late = {
            (found.source, found.entity, f"{found.missing_since:%Y-%m}") for found in overdue(brought, day)
        }
        # the rule names every month, the alarm the first one
        assert late == {min(row for row in said if row[:2] == key) for key in {row[:2] for row in said}}, day
    assert len(late) == 3


def test_the_alarm_goes_once_and_again_for_the_next(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Notice] = []
    monkeypatch.setattr(notices, "tell", lambda _, found: told.extend(found))
    write_record(settings.lake_path, delivery("2022-01-31", files=[POSTING]))
    cursor = None
    for _ in range(2):
        context = dg.build_sensor_context(cursor=cursor)
        found = sensors.overdue_sensor.evaluate_tick(context)
        cursor = found.cursor
    [notice] = told
    assert notice.title == "a delivery is overdue"
    assert notice.lines[0].startswith("ledger: no posting for 2022-02")
    write_record(settings.lake_path, delivery("2022-01-31", source="bos", files=[INVOICE]))
    sensors.overdue_sensor.evaluate_tick(dg.build_sensor_context(cursor=cursor))
    assert [line.split(":")[0] for line in told[1].lines[:-1]] == ["bos"]


def test_dagster_shows_which_source_is_late(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    policies = {
        source: graph.get(landing_key(source)).freshness_policy for source in ("bos", "ledger", "plan")
    }
    assert policies["plan"] is None
    for source in ("bos", "ledger"):
        assert policies[source] == dg.FreshnessPolicy.time_window(
            fail_window=timedelta(days=41), warn_window=timedelta(days=31)
        )


def test_something_new_from_a_source_is_fresh_and_a_late_correction_is_not() -> None:
    def brought(*now: Delivery) -> dict[str, date]:
        return arrived(IngestResult(loaded=list(now)), [delivery("2022-01-31"), delivery("2022-02-28"), *now])

    assert brought() == {}
    assert brought(delivery("2021-12-31")) == {}
    assert brought(delivery("2022-03-31"), delivery("2021-12-31", source="bos")) == {
        "ledger": date(2022, 3, 31),
        "bos": date(2021, 12, 31),
    }
