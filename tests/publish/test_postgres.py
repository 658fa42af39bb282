"""A publication in PostgreSQL, on a real server: whole or not at all, for those who may, without anybody waiting."""

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import dagster as dg
import duckdb
import psycopg
import pytest
from psycopg import errors

from orchestration.assets import publication as publication_assets
from orchestration.errors import ConfigurationError, KoblingError, Unavailable
from orchestration.failures import first_failure
from orchestration.instance import open_instance
from orchestration.jobs import LOGGED
from orchestration.logs import PROCESS, process_logger
from orchestration.publish import Publication, postgres
from orchestration.publish.manifest import Column, TableEntry
from orchestration.publish.postgres import PARTS, Part, publish_to_postgres
from orchestration.publish.publication import publish
from orchestration.resources import Run
from orchestration.settings import Settings
from tests.publish.conftest import DELIVERIES, MARCH, SMALL_BUILD, verdicts
from tests.publish.postgres_server import binaries, running

SCHEMAS = [part.into for part in PARTS]
ID_AND_TOTAL = (
    "select (select id from kobling.publication), (select sum(amount_dkk) from kobling.fct_posting)"
)
PASSWORD = "geheim"


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    if binaries() is None:
        message = (
            "no PostgreSQL server on this machine: nothing was published to one (apt-get install postgresql)"
        )
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    with running() as dsn:
        yield dsn


@pytest.fixture
def dsn(server: str) -> Iterator[str]:
    """The server without anything of ours in it."""
    yield server
    with psycopg.connect(server, autocommit=True) as connection:
        for schema in (*SCHEMAS, "controllers"):
            connection.execute(f"drop schema if exists {schema} cascade")
        connection.execute("drop role if exists reader")


@pytest.fixture(scope="session")
def two(tmp_path_factory: pytest.TempPathFactory) -> tuple[Publication, Publication]:
    """Two publications that differ by one krone of every posting."""
    folder = tmp_path_factory.mktemp("two")
    return published(folder, "first", ""), published(
        folder, "second", "update marts.fct_posting set amount_dkk = amount_dkk + 1"
    )


def published(folder: Path, name: str, change: str) -> Publication:
    with duckdb.connect(str(folder / f"{name}.duckdb")) as connection:
        connection.execute(SMALL_BUILD.read_text(encoding="utf-8"))
        connection.execute(change or "select 1")
    return publish(
        Settings(home=folder),
        folder / f"{name}.duckdb",
        MARCH,
        verdicts(),
        DELIVERIES,
        name,
        built_at=datetime(2026, 1, 2, 3, 4, len(name), tzinfo=UTC),
    )


def totals(dsn: str, publication: Publication) -> None:
    """Holds every table against the manifest: rows, and the sum of every amount."""
    with psycopg.connect(dsn) as connection:
        for part in PARTS:
            for entry in part.entries(publication):
                sums = "".join(f", sum({column})" for column in entry.sums)
                row = connection.execute(f"select count(*){sums} from {part.into}.{entry.name}").fetchone()
                assert row == (entry.rows, *entry.sums.values()), entry.table
        assert connection.execute("select id from kobling.publication").fetchall() == [(publication.id,)]


def total_of(publication: Publication) -> Decimal | None:
    return next(
        entry.sums["amount_dkk"] for entry in publication.manifest.tables if entry.name == "fct_posting"
    )


@contextmanager
def reading(read: Callable[[], None], readers: int, done: threading.Event) -> Iterator[None]:
    """So many threads read until the block is over."""
    threads = [threading.Thread(target=read) for _ in range(readers)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        done.set()
        for thread in threads:
            thread.join()


def test_every_table_arrives_and_a_second_time_is_nothing_to_do(
    dsn: str, two: tuple[Publication, Publication]
):
    first, second = two
    assert publish_to_postgres(dsn, first)
    totals(dsn, first)
    assert not publish_to_postgres(dsn, first)
    assert publish_to_postgres(dsn, second)
    totals(dsn, second)


def test_keys_and_descriptions_come_along(dsn: str, whole: tuple[Settings, Publication]):
    publish_to_postgres(dsn, whole[1])
    with psycopg.connect(dsn) as connection:
        [(comment,)] = connection.execute(
            "select col_description('kobling.mart_overrun'::regclass, attnum) from pg_attribute "
            "where attrelid = 'kobling.mart_overrun'::regclass and attname = 'forecast'"
        ).fetchall()
        [(key,)] = connection.execute(
            "select pg_get_constraintdef(oid) from pg_constraint where conrelid = 'kobling.mart_overrun'::regclass"
        ).fetchall()
    assert comment == "Cost at year's end (forventet forbrug)."
    assert key == "PRIMARY KEY (fiscal_year, account_id)"


@pytest.mark.parametrize(
    ("role", "reads", "refused"),
    [
        ("kobling_bi", ["kobling"], ["kobling_steward", "kobling_public"]),
        ("kobling_steward", ["kobling", "kobling_steward"], ["kobling_public"]),
        ("kobling_public", ["kobling_public"], ["kobling", "kobling_steward"]),
    ],
)
def test_a_role_sees_its_part_only(
    dsn: str, whole: tuple[Settings, Publication], role: str, reads: list[str], refused: list[str]
):
    publish_to_postgres(dsn, whole[1])
    tables = {part.into: [entry.name for entry in part.entries(whole[1])] for part in PARTS}
    assert all(tables.values())
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(f"create role reader login in role {role}")
    with psycopg.connect(dsn, user="reader", autocommit=True) as connection:
        for schema in reads:
            assert connection.execute(f"select id from {schema}.publication").fetchall() == [(whole[1].id,)]
            for name in tables[schema]:
                connection.execute(f"select * from {schema}.{name} limit 1")
                with pytest.raises(errors.InsufficientPrivilege):
                    connection.execute(f"delete from {schema}.{name}")
        for schema in refused:
            for name in tables[schema]:
                with pytest.raises(errors.InsufficientPrivilege):
                    connection.execute(f"select * from {schema}.{name} limit 1")


@pytest.mark.torture
def test_readers_see_one_publication_and_nobody_waits(
    dsn: str,
    two: tuple[Publication, Publication],
    torture: bool,
    record_property: Callable[[str, object], None],
):
    """Four readers ask across tables without pause while publications come."""
    publish_to_postgres(dsn, two[0])
    expected = {publication.id: total_of(publication) for publication in two}
    done = threading.Event()
    seen: list[str] = []
    wrong: list[object] = []

    def read() -> None:
        try:
            with psycopg.connect(dsn, autocommit=True) as connection:
                # nobody who asks for a sum of this size waits so long but for a lock
                connection.execute("set lock_timeout = '50ms'")
                while not done.is_set():
                    with connection.transaction():
                        connection.execute("set transaction isolation level repeatable read")
                        first = connection.execute("select id from kobling.publication").fetchone()
                        amount = connection.execute(
                            "select sum(amount_dkk) from kobling.fct_posting"
                        ).fetchone()
                    together = connection.execute(ID_AND_TOTAL).fetchone()
                    assert first and amount and together
                    for publication, total in [(first[0], amount[0]), together]:
                        seen.append(publication)
                        if expected[publication] != total:
                            wrong.append((publication, total))
        except psycopg.Error as error:
            wrong.append(error)

    times = 20 if torture else 4
    with reading(read, 4, done):
        for number in range(times):
            assert publish_to_postgres(dsn, two[(number + 1) % 2])
    assert wrong == []
    assert set(seen) == set(expected)
    record_property("figures", f"PostgreSQL: {times} publications, {len(seen)} queries, 0 wrong, 0 waits")


def test_readers_get_an_answer_while_a_table_takes_another_shape(
    dsn: str, two: tuple[Publication, Publication]
):
    """An upgrade changes a table's key: it is filled beside the old one, and readers wait for the renaming only."""
    publish_to_postgres(dsn, two[0])
    second = two[1].manifest
    other_shape = [
        entry.model_copy(update={"key": ["posting_id"]}) if entry.table == "marts.fct_posting" else entry
        for entry in second.tables
    ]
    changed = Publication(two[1].path, second.model_copy(update={"tables": other_shape}), is_current=True)
    expected = {publication.id: total_of(publication) for publication in two}
    done = threading.Event()
    answers: list[object] = []

    def read() -> None:
        try:
            with psycopg.connect(dsn, autocommit=True) as connection:
                connection.execute("set statement_timeout = '5s'")
                while not done.is_set():
                    answers.append(connection.execute(ID_AND_TOTAL).fetchone())
        except psycopg.Error as error:
            answers.append(error)

    with reading(read, 2, done):
        for publication in (changed, two[0], changed):
            assert publish_to_postgres(dsn, publication)
    assert set(answers) == set(expected.items())
    with psycopg.connect(dsn) as connection:
        [(keys,)] = connection.execute(
            "select count(*) from pg_constraint where conrelid = 'kobling.fct_posting'::regclass and contype = 'p'"
        ).fetchall()
        assert keys == 1
        left = "select count(*) from pg_class where relkind = 'r' and relname like '%(new)'"
        assert connection.execute(left).fetchall() == [(0,)]


def test_a_reader_that_does_not_let_go_of_a_table_of_another_shape_stops_us_soon(
    dsn: str, two: tuple[Publication, Publication], monkeypatch: pytest.MonkeyPatch
):
    """Others would wait behind us for a table that we wait for."""
    first, second = two
    publish_to_postgres(dsn, first)
    monkeypatch.setattr(postgres, "LOCK_SECONDS", 1)
    with psycopg.connect(dsn) as reader:
        reader.execute("select count(*) from kobling.fct_posting")
        assert publish_to_postgres(dsn, second), "the same shape waits for nobody"
        with psycopg.connect(dsn) as connection:
            connection.execute("update kobling.publication set tables = tables - 'fct_posting'")
        with pytest.raises(Unavailable, match="lock timeout"):
            publish_to_postgres(dsn, first)
    totals(dsn, second)


def test_a_connection_lost_in_the_middle_leaves_the_old_one(
    dsn: str, two: tuple[Publication, Publication], monkeypatch: pytest.MonkeyPatch
):
    first, second = two
    publish_to_postgres(dsn, first)
    comment = postgres._comment
    tables: list[str] = []

    def comment_and_lose(*arguments) -> None:
        comment(*arguments)
        tables.append(arguments[-1])
        if len(tables) == 10:
            with psycopg.connect(dsn, autocommit=True) as other:
                other.execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'kobling'"
                )

    monkeypatch.setattr(postgres, "_comment", comment_and_lose)
    with pytest.raises(Unavailable, match=r"shows what it did before: .*terminat.*run again"):
        publish_to_postgres(dsn, second)
    totals(dsn, first)
    monkeypatch.undo()
    assert publish_to_postgres(dsn, second)
    totals(dsn, second)


def test_what_others_built_on_a_table_lives_on_or_stops_us(dsn: str, two: tuple[Publication, Publication]):
    first, second = two
    publish_to_postgres(dsn, first)
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("create schema controllers")
        connection.execute(
            "create view controllers.total as select sum(amount_dkk) as dkk from kobling.fct_posting"
        )
        [(before,)] = connection.execute("select dkk from controllers.total").fetchall()
        assert publish_to_postgres(dsn, second)
        [(after,)] = connection.execute("select dkk from controllers.total").fetchall()
        assert before != after
        # a table of another shape has to be made anew, and the view stands in the way
        connection.execute(
            "update kobling.publication set id = 'older', "
            "tables = jsonb_set(tables, '{fct_posting}', '\"of another version\"')"
        )
        with pytest.raises(ConfigurationError, match=r"fct_posting.*because other objects depend on it"):
            publish_to_postgres(dsn, first)
        connection.execute("drop view controllers.total")
        assert publish_to_postgres(dsn, first)
    totals(dsn, first)


def test_a_table_that_is_published_no_more_goes(dsn: str, two: tuple[Publication, Publication]):
    first, second = two
    publish_to_postgres(dsn, first)
    manifest = second.manifest
    fewer = [entry for entry in manifest.tables if entry.name != "mart_control_risk"]
    publish_to_postgres(
        dsn, Publication(second.path, manifest.model_copy(update={"tables": fewer}), is_current=True)
    )
    with psycopg.connect(dsn) as connection:
        assert connection.execute("select to_regclass('kobling.mart_control_risk')").fetchone() == (None,)


@pytest.mark.parametrize(
    "wrong",
    [
        "host=127.0.0.1 port=1 user=kobling password=geheim dbname=x",
        "postgresql://kobling:geheim@127.0.0.1:1/x",
        "geheim",
        # signs that end a password in a URI, or in a string without quotes
        "postgresql://kobling:top@geheim@127.0.0.1:1/x",
        "postgresql://kobling:top/geheim@127.0.0.1:1/x",
        "postgresql://kobling:top?geheim@127.0.0.1:1/x",
        "postgresql://kobling:top:geheim@127.0.0.1:1/x",
        "host=127.0.0.1 port=1 password=top geheim",
        "host=127.0.0.1 port=geheim",
    ],
)
def test_a_server_that_is_not_there_is_one_line_without_the_password(
    two: tuple[Publication, Publication], wrong: str
):
    with pytest.raises(KoblingError) as raised:
        publish_to_postgres(wrong, two[0])
    assert PASSWORD not in str(raised.value)
    assert "\n" not in str(raised.value)
    assert "KOBLING_PG_DSN" in str(raised.value)


def test_every_value_arrives_as_it_is(dsn: str, tmp_path: Path):
    """Whatever the signs of the exchange format, and whatever the database's own encoding."""
    texts = [
        "",
        "\\N",
        "\\.",
        ",",
        '"',
        "a\nb",
        "a\r\nb",
        "'; drop table x; --",
        "æøå ÆØÅ é",
        " ",
        "NULL",
        None,
    ]
    rows = [
        (number, text, None if text is None else Decimal("-9999999999999999.99"), number % 2 == 0, MARCH, 0.1)
        for number, text in enumerate(texts)
    ]
    types = {
        "no": "BIGINT",
        "text": "VARCHAR",
        "dkk": "DECIMAL(18,2)",
        "is_x": "BOOLEAN",
        "on": "DATE",
        "f": "DOUBLE",
    }
    with duckdb.connect(str(tmp_path / "odd.duckdb")) as connection:
        columns = ", ".join(f'"{name}" {type_}' for name, type_ in types.items())
        connection.execute(f"create table odd ({columns})")
        connection.executemany("insert into odd values (?, ?, ?, ?, ?, ?)", rows)
    entry = TableEntry(
        table="marts.odd",
        rows=len(rows),
        columns=[Column(name=name, type=type_) for name, type_ in types.items()],
        sums={},
    )
    part = Part("odd.duckdb", "main", "kobling", ())
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("drop database if exists latin")
        connection.execute("create database latin encoding 'LATIN1' locale 'C' template template0")
    with postgres._connect(f"{dsn} dbname=latin") as connection:
        connection.execute("create schema kobling")
        (tmp_path / "publication").mkdir()
        shutil.move(tmp_path / "odd.duckdb", tmp_path / "publication")
        postgres._load(connection, part, tmp_path / "publication", [entry], {"odd"})
        found = connection.execute(
            'select no, text, dkk, is_x, "on", f from kobling."odd (new)" order by no'
        ).fetchall()
    assert found == rows


def test_in_a_run_a_server_that_is_away_is_said_and_tells_nobody_the_password(
    dsn: str, whole: tuple[Settings, Publication], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The publication in files stands, the run has failed; the next one, with the server back, makes good."""
    settings, publication = whole
    home = tmp_path / "home"
    shutil.copytree(settings.published_path, home / "published", symlinks=True)
    monkeypatch.setenv("KOBLING_HOME", str(home))
    job = dg.Definitions(
        assets=[publication_assets.postgres],
        jobs=[dg.define_asset_job("only_postgres", executor_def=dg.in_process_executor)],
        resources={"run": Run()},
        loggers={PROCESS: process_logger},
    ).resolve_job_def("only_postgres")

    def run(pg_dsn: str) -> dg.ExecuteInProcessResult:
        monkeypatch.setenv("KOBLING_PG_DSN", pg_dsn)
        with open_instance(Settings()) as instance:
            return job.execute_in_process(instance=instance, run_config=LOGGED, raise_on_error=False)

    monkeypatch.setattr("time.sleep", lambda _: None)
    result = run(f"postgresql://kobling:{PASSWORD}@127.0.0.1:1/x")
    told = first_failure(result)
    assert told is not None
    assert (told.exit_status, told.is_expected) == (2, True)
    assert publication.id in told.line
    assert sum(event.event_type_value == "STEP_RESTARTED" for event in result.all_events) == 2
    assert PASSWORD not in "".join(str(event) for event in result.all_events)
    written = [path for path in home.rglob("*") if path.is_file()]
    assert {".log", ".db"} <= {path.suffix for path in written}
    assert [path for path in written if PASSWORD.encode() in path.read_bytes()] == []
    assert run(dsn).success
    totals(dsn, publication)
