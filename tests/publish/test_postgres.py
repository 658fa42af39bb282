"""A publication in PostgreSQL, on a real server: whole or not at all, for those who may, without anybody waiting."""

import os
import shutil
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import psycopg
import pytest
from psycopg import errors

from orchestration.errors import ConfigurationError
from orchestration.publish import Publication, postgres, publish
from orchestration.publish.postgres import PARTS, publish_to_postgres
from orchestration.settings import Settings
from tests.publish.conftest import DELIVERIES, MARCH, SMALL_BUILD, verdicts
from tests.publish.postgres_server import binaries, running

SCHEMAS = [part.into for part in PARTS]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if binaries() is None or (os.geteuid() == 0 and shutil.which("runuser") is None):
        message = (
            "no PostgreSQL server on this machine: nothing was published to one (apt-get install postgresql)"
        )
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    with running(tmp_path_factory.mktemp("postgres")) as dsn:
        yield dsn


@pytest.fixture
def dsn(server: str) -> Iterator[str]:
    """The server without anything of ours in it."""
    yield server
    with psycopg.connect(server, autocommit=True) as connection:
        for schema in (*SCHEMAS, "controllers"):
            connection.execute(f"drop schema if exists {schema} cascade")


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
        connection.execute(f"set role {role}")
        for schema in reads:
            for name in tables[schema]:
                connection.execute(f"select * from {schema}.{name} limit 1")
                with pytest.raises(errors.InsufficientPrivilege):
                    connection.execute(f"delete from {schema}.{name}")
        for schema in refused:
            for name in tables[schema]:
                with pytest.raises(errors.InsufficientPrivilege):
                    connection.execute(f"select * from {schema}.{name} limit 1")


def test_readers_see_one_publication_and_nobody_waits(dsn: str, two: tuple[Publication, Publication]):
    """Four readers ask across tables without pause while twenty publications come."""
    publish_to_postgres(dsn, two[0])
    expected = {
        publication.id: next(
            entry.sums["amount_dkk"]
            for entry in publication.manifest.tables
            if entry.table == "marts.fct_posting"
        )
        for publication in two
    }
    done = threading.Event()
    seen: list[set[str]] = []
    wrong: list[object] = []

    def read() -> None:
        ids = set()
        try:
            with psycopg.connect(dsn, autocommit=True) as connection:
                connection.execute("set statement_timeout = '5s'")
                while not done.is_set():
                    row = connection.execute(
                        "select (select id from kobling.publication), (select sum(amount_dkk) from kobling.fct_posting)"
                    ).fetchone()
                    assert row is not None
                    ids.add(row[0])
                    if expected[row[0]] != row[1]:
                        wrong.append(row)
                    with connection.transaction():
                        connection.execute("set transaction isolation level repeatable read")
                        first = connection.execute("select id from kobling.publication").fetchone()
                        amount = connection.execute(
                            "select sum(amount_dkk) from kobling.fct_posting"
                        ).fetchone()
                    if first is None or amount is None or expected[first[0]] != amount[0]:
                        wrong.append((first, amount))
        except psycopg.Error as error:
            wrong.append(error)
        seen.append(ids)

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    try:
        for number in range(20):
            assert publish_to_postgres(dsn, two[(number + 1) % 2])
    finally:
        done.set()
        for reader in readers:
            reader.join()
    assert wrong == []
    assert set.union(*seen) == set(expected)


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
    with pytest.raises(ConfigurationError, match=r"shows what it did before: .*terminat.*run again"):
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
            "tables = jsonb_set(tables, '{kobling.fct_posting}', '\"of another version\"')"
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
    ],
)
def test_a_server_that_is_not_there_is_one_line_without_the_password(
    two: tuple[Publication, Publication], wrong: str
):
    with pytest.raises(ConfigurationError) as raised:
        publish_to_postgres(wrong, two[0])
    assert "geheim" not in str(raised.value)
    assert "\n" not in str(raised.value)
    assert "KOBLING_PG_DSN" in str(raised.value)
