"""The private build before dbt: as-of dates, lake views, control tables."""

from datetime import date
from decimal import Decimal

import duckdb
import pytest

from orchestration import warehouse
from orchestration.errors import InputError
from orchestration.ingest import ENTITIES, SkippedDelivery
from orchestration.settings import Settings

from .conftest import delivery, file_record

DELIVERIES = [
    delivery("2022-01-31"),
    delivery("2022-02-28"),
    delivery("2022-03-15", status="refused"),
    delivery("2022-03-31", source="bos"),
    delivery("2022-05-10"),
]


def test_without_a_date_the_newest_loaded_delivery_counts() -> None:
    assert warehouse.resolve_as_of([*DELIVERIES, delivery("2022-06-30", status="refused")]) == date(
        2022, 5, 10
    )


def test_any_date_from_the_first_delivery_on_can_be_asked_for() -> None:
    assert warehouse.resolve_as_of(DELIVERIES, date(2022, 1, 31)) == date(2022, 1, 31)
    assert warehouse.resolve_as_of(DELIVERIES, date(2030, 1, 1)) == date(2030, 1, 1)
    with pytest.raises(InputError, match="before the first delivery"):
        warehouse.resolve_as_of(DELIVERIES, date(2022, 1, 30))


def test_nothing_loaded_is_said() -> None:
    with pytest.raises(InputError, match="no delivery is loaded"):
        warehouse.resolve_as_of([delivery("2022-01-31", status="refused")])


@pytest.mark.parametrize("text", ["2022-13-01", "2022-02-30", "20220228", "2022-W01-1", "yesterday", ""])
def test_a_date_is_written_one_way(text: str) -> None:
    with pytest.raises(InputError, match="YYYY-MM-DD"):
        warehouse.parse_as_of(text)


@pytest.mark.parametrize(
    ("as_of", "previous"),
    [
        ("2022-01-31", None),
        ("2022-02-28", date(2022, 1, 31)),
        ("2022-03-31", date(2022, 2, 28)),
        # April has no delivery; the last of March is meant, not one of May itself
        ("2022-05-31", date(2022, 3, 31)),
    ],
)
def test_previous_is_the_last_delivery_of_an_earlier_month(as_of: str, previous: date | None) -> None:
    # a worklist that came back is no state of the systems
    deliveries = [*DELIVERIES, delivery("2022-04-20", source="plan")]
    assert warehouse.previous_as_of(deliveries, date.fromisoformat(as_of)) == previous


def test_the_file_knows_what_was_delivered_up_to_its_date(settings: Settings) -> None:
    waiting = [SkippedDelivery("bos", date(2022, 3, 31), "still being copied")]
    warehouse.prepare(settings, date(2022, 3, 31), settings.warehouse_path, DELIVERIES, waiting)
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
        status = connection.execute(
            "select source_system, extract_date, status, is_latest from control.delivery order by all"
        ).fetchall()
        files = connection.execute("from control.delivery_file").fetchall()
        dates = connection.execute("from control.observation_date order by all").fetchall()
        run = connection.execute("from control.run").fetchall()
    assert run == [(date(2022, 3, 31), date(2022, 2, 28))]
    assert status == [
        ("bos", date(2022, 3, 31), "loaded", True),
        ("bos", date(2022, 3, 31), "skipped", False),
        ("ledger", date(2022, 1, 31), "loaded", False),
        ("ledger", date(2022, 2, 28), "loaded", True),
        ("ledger", date(2022, 3, 15), "refused", False),
    ]
    assert dates == [(date(2022, 1, 31),), (date(2022, 2, 28),), (date(2022, 3, 31),)]
    assert {row[9] for row in files} == {Decimal("12.50")}
    assert len(files) == 3


def test_what_a_killed_build_left_is_gone(settings: Settings) -> None:
    database = settings.warehouse_path
    spilled = database.with_name(f"{database.name}.tmp") / "duckdb_temp_1_0_storage_DEFAULT-0.tmp"
    spilled.parent.mkdir(parents=True)
    spilled.write_bytes(b"x")
    database.write_bytes(b"half a file")
    warehouse.prepare(settings, date(2022, 3, 31), database, DELIVERIES)
    assert not spilled.exists()
    with duckdb.connect(str(database), read_only=True) as connection:
        assert connection.execute("select as_of from control.run").fetchone() == (date(2022, 3, 31),)


def test_an_entity_that_nobody_delivered_is_an_empty_typed_view(settings: Settings) -> None:
    warehouse.prepare(settings, date(2022, 3, 31), settings.warehouse_path, DELIVERIES)
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
        for entity in ENTITIES.values():
            found = connection.execute(f"describe lake.{entity.name}").fetchall()
            expected = {column.name: column.type for column in entity.columns.values()} | {
                "extract_date": "DATE"
            }
            assert {row[0]: row[1] for row in found} == expected
            assert connection.execute(f"select count(*) from lake.{entity.name}").fetchone() == (0,)


def test_a_view_reads_the_committed_files_of_its_date_only(settings: Settings) -> None:
    rows = {"2022-01-31": 10, "2022-02-28": 20, "2022-05-10": 40}
    deliveries = []
    for day, amount in rows.items():
        relative = f"budget/extract_date={day}/ledger__b__{amount}.parquet"
        path = settings.lake_path / relative
        path.parent.mkdir(parents=True)
        selected = ", ".join(
            f"{amount}::decimal(18,2) as {column.name}"
            if column.name == "corrected_budget_dkk"
            else f"null::{column.type} as {column.name}"
            for column in ENTITIES["budget"].columns.values()
        )
        duckdb.sql(f"copy (select {selected}) to '{path}'")
        # beside it, what a crash left: no record names it
        duckdb.sql(f"copy (select {selected}) to '{path.with_name('left.parquet')}'")
        deliveries.append(delivery(day, files=[file_record("b.csv", "budget", lake_file=relative)]))
    warehouse.prepare(settings, date(2022, 3, 31), settings.warehouse_path, deliveries)
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
        found = connection.execute(
            "select extract_date, corrected_budget_dkk from lake.budget order by all"
        ).fetchall()
    assert found == [(date(2022, 1, 31), Decimal(10)), (date(2022, 2, 28), Decimal(20))]


def test_a_column_that_came_after_all_files_is_empty_and_typed(settings: Settings) -> None:
    relative = "budget/extract_date=2022-01-31/ledger__b__1.parquet"
    path = settings.lake_path / relative
    path.parent.mkdir(parents=True)
    columns = ENTITIES["budget"].columns.values()
    older = ", ".join(
        f"null::{column.type} as {column.name}" for column in columns if column.name != "corrected_budget_dkk"
    )
    duckdb.sql(f"copy (select {older}) to '{path}'")
    record = file_record("b.csv", "budget", lake_file=relative)
    warehouse.prepare(
        settings, date(2022, 3, 31), settings.warehouse_path, [delivery("2022-01-31", files=[record])]
    )
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
        described = dict(row[:2] for row in connection.execute("describe lake.budget").fetchall())
        assert connection.execute("select corrected_budget_dkk from lake.budget").fetchall() == [(None,)]
    assert described["corrected_budget_dkk"] == ENTITIES["budget"].columns["corrected_budget_dkk"].type


def test_holidays_are_the_danish_ones(settings: Settings) -> None:
    warehouse.prepare(settings, date(2022, 3, 31), settings.warehouse_path, DELIVERIES)
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
        names = dict(
            connection.execute(
                "select holiday_on, name_da from control.holiday where year(holiday_on) in (2023, 2024)"
            ).fetchall()
        )
    assert names[date(2023, 5, 5)] == "Store bededag"
    # abolished by law from 2024
    assert date(2024, 4, 26) not in names
    assert names[date(2024, 3, 29)] == "Langfredag"


def test_a_fresh_build_knows_nothing_of_the_one_before(settings: Settings) -> None:
    warehouse.prepare(settings, date(2022, 5, 10), settings.warehouse_path, DELIVERIES)
    with duckdb.connect(str(settings.warehouse_path)) as connection:
        connection.execute("create schema marts; create table marts.fct_posting (posting_id varchar)")
    warehouse.prepare(settings, date(2022, 1, 31), settings.warehouse_path, DELIVERIES)
    assert warehouse.read_as_of(settings.warehouse_path) == date(2022, 1, 31)
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
        assert (
            connection.execute("select 1 from duckdb_tables() where schema_name = 'marts'").fetchall() == []
        )
