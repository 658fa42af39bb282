"""Publication: one switch, nothing private, nothing lost, whatever happens in between."""

import json
import re
import stat
import threading
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from urllib.parse import unquote

import duckdb
import pytest

from orchestration.errors import ConfigurationError, GateRefused
from orchestration.publish import Publication, current, list_publications, store, verify
from orchestration.publish.publication import publish
from orchestration.settings import Settings
from orchestration.validation import ValidationResult

from .conftest import DELIVERIES, MARCH, Delivered, Whole, verdicts


@pytest.fixture(scope="session")
def tiny_build(tmp_path_factory: pytest.TempPathFactory, small_build: Path) -> Path:
    """The same build with the tables only that a publication cannot do without."""
    path = tmp_path_factory.mktemp("build") / "kobling.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(f"attach '{small_build}' as whole (read_only)")
        for schema in ("lake", "control", "marts", "steward"):
            connection.execute(f"create schema {schema}")
        for table in (
            "lake.posting",
            "control.run",
            "control.delivery_file",
            "marts.fct_posting",
            "marts.mart_overrun",
        ):
            connection.execute(f"create table {table} as from whole.{table}")
    return path


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", keep_publications=12)


class Publisher:
    """Publishes the tiny build under any as-of date, a minute later each time."""

    def __init__(self, settings: Settings, build: Path, folder: Path) -> None:
        self.settings, self.folder, self.minute = settings, folder, 0
        self.build = folder / "kobling.duckdb"
        self.build.write_bytes(build.read_bytes())

    def __call__(
        self,
        as_of: date = MARCH,
        settings: Settings | None = None,
        validated: list[ValidationResult] | None = None,
        deliveries: list[Delivered] = DELIVERIES,
        dbt_target: Path | None = None,
    ) -> Publication:
        with duckdb.connect(str(self.build)) as connection:
            connection.execute("update control.run set as_of = ?", [as_of])
        self.minute += 1
        return publish(
            settings or self.settings,
            self.build,
            as_of,
            verdicts() if validated is None else validated,
            deliveries,
            "run",
            built_at=datetime(2026, 1, 1, 12, self.minute, tzinfo=UTC),
            dbt_target=dbt_target,
        )


@pytest.fixture
def publisher(settings: Settings, tiny_build: Path, tmp_path: Path) -> Publisher:
    return Publisher(settings, tiny_build, tmp_path)


def _current_id(settings: Settings) -> str:
    found = current(settings)
    assert found is not None
    return found.id


def test_a_publication_is_laid_out_as_promised(whole: Whole) -> None:
    settings, publication = whole
    assert publication.id == "2022-03-31_20260102T030405000678Z"
    assert publication.is_current
    assert (settings.published_path / "current").readlink() == Path(publication.id)
    files = {
        path.relative_to(publication.path).as_posix()
        for path in publication.path.rglob("*")
        if path.is_file()
    }
    assert {
        "kobling.duckdb",
        "parquet/mart_overrun.parquet",
        "manifest.json",
        "index.html",
        "validation/index.html",
        "dictionary/index.html",
        "steward/index.html",
        "steward/steward.duckdb",
        "public/index.html",
        "public/mart_unit_price_public.csv",
        "public/public.duckdb",
        "public/parquet/mart_unit_price_public.parquet",
    } <= files
    assert not [path for path in files if path.endswith(".wal") or path.startswith("scratch")]
    for path in [publication.path, *publication.path.rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o750 if path.is_dir() else 0o640), path
    assert verify(settings) == []


def test_the_manifest_says_what_it_was_made_of(whole: Whole) -> None:
    manifest = whole[1].manifest
    assert json.loads((whole[1].path / "manifest.json").read_text(encoding="utf-8"))["as_of"] == "2022-03-31"
    assert manifest.previous_as_of == date(2022, 2, 28)
    assert manifest.key_fingerprint == "fingerprint"
    # what came after the as-of date is not part of it
    assert [(entry.source, entry.extract_date, entry.status) for entry in manifest.deliveries] == [
        ("ledger", date(2022, 2, 28), "loaded"),
        ("ledger", MARCH, "loaded"),
        ("bos", MARCH, "refused"),
    ]
    assert manifest.deliveries[0].files[0].sha256 == "ab" * 32
    assert manifest.deliveries[0].amount_total_dkk == Decimal("17409.00")
    assert manifest.gate.result == "warning"
    assert [(warning.check, warning.rows) for warning in manifest.gate.warnings] == [
        ("ledger_equals_mart", 3),
        ("known_sections", 4),
    ]
    posting = next(entry for entry in manifest.tables if entry.table == "marts.fct_posting")
    assert posting.rows == 360
    assert posting.sums == {"amount_dkk": Decimal("52227.00")}
    assert "manifest.json" not in {entry.path for entry in manifest.files}


def test_bi_tools_find_tables_rows_and_descriptions(whole: Whole) -> None:
    path = whole[1].path
    with duckdb.connect(str(path / "kobling.duckdb"), read_only=True) as connection:
        schemas = connection.execute("select distinct schema_name from duckdb_tables()").fetchall()
        assert schemas == [("marts",)]
        rows = connection.execute("from marts.fct_posting").fetchall()
        comments = connection.execute(
            "select comment from duckdb_columns() where table_name = 'mart_overrun' and comment is not null"
        ).fetchall()
        storage = connection.execute(
            "select tags['storage_version'] from duckdb_databases() where database_name = 'kobling'"
        ).fetchall()
        parquet = connection.execute(f"from '{path}/parquet/fct_posting.parquet'").fetchall()
    assert rows == sorted(rows)
    assert parquet == rows
    assert comments == [("Cost at year's end (forventet forbrug).",)]
    assert storage[0][0].startswith("v1.0.0")


def test_pages_stand_alone_and_read_danish(whole: Whole) -> None:
    files = [
        path for path in whole[1].path.rglob("*.html") if path.name != "dbt.html"
    ]  # dbt's own, see test_bi
    pages = {path: path.read_text(encoding="utf-8") for path in files}
    assert len(pages) == 8
    for path, page in pages.items():
        assert not re.search(r"(?:https?:)?//[a-z]", page), path
        assert not re.search(r"<(?:link|img|iframe)\b", page), path
        # a page that has scripts brings them along
        assert all(src.startswith("assets/") for src in re.findall(r"<script\b[^>]*?src=\"([^\"]*)", page)), (
            path
        )
        assert not re.search(r"<script(?![^>]* src=)", page), path
        assert '<html lang="da">' in page
        for target in re.findall(r'(?:href|src)="([^"#]+)"', page):
            assert (path.parent / unquote(target)).exists(), (path, target)
    front = pages[whole[1].path / "index.html"]
    assert "Opgjort pr. 31. marts 2022" in front
    assert "Godkendt med 2 advarsler" in front
    assert "210.000" in front
    assert "kolonnen section mangler" in front
    assert "E01" in front
    assert "forventet forbrug" in pages[whole[1].path / "dictionary" / "index.html"]
    report = pages[whole[1].path / "validation" / "index.html"]
    assert "52.227,00" in report
    assert "Kolonnerne forecast og frame_id er udfyldt i alle rækker" in report
    assert "Hver værdi i kolonnen section_id findes i tabellen dim_section" in report
    assert "Beregningen giver det forventede i et eksempel" in report
    assert "Summen er den samme hele vejen" in report
    # one expectation and four tests hold, two do not; counted per subject and in all
    assert re.findall(
        r'I alt</th><td class="n">(\d+)</td><td class="n">(\d+)</td><td class="n">(\d+)<', report
    ) == [("6", "4", "2")]


def test_cases_are_named_in_the_steward_part_only(whole: Whole) -> None:
    steward = whole[1].path / "steward"
    with duckdb.connect(str(steward / "steward.duckdb"), read_only=True) as connection:
        found = connection.execute("select count(case_id) from steward_registration_gap").fetchone()
    assert found == (42,)
    for path in whole[1].path.rglob("*"):
        if path.is_file() and "steward" not in path.parts:
            assert b"case_id" not in path.read_bytes() or path.name == "manifest.json", path
    assert "S-1" in (steward / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "column",
    [
        "child_key",
        "appropriation_id",
        "case_id",
        "child_cpr",
        "birth_on",
        "child_birth_on",
        "mother_key",
        "sbsys_id",
        "caseworker_id",
    ],
)
def test_a_private_column_is_refused(publisher: Publisher, settings: Settings, column: str) -> None:
    with duckdb.connect(str(publisher.build)) as connection:
        connection.execute(f"alter table marts.fct_posting add column {column} varchar")
    with pytest.raises(GateRefused, match=rf"marts\.fct_posting\.{column}"):
        publisher()
    assert list_publications(settings) == []
    assert not (settings.published_path / "current").exists()


def test_a_build_without_a_published_table_is_refused(
    publisher: Publisher, settings: Settings, tmp_path: Path
) -> None:
    """A view is none: it would leave with the file that it reads."""
    target = tmp_path / "target"
    target.mkdir()
    node = {
        "name": "fct_posting",
        "schema": "marts",
        "resource_type": "model",
        "description": "",
        "columns": {},
    }
    node["original_file_path"] = "models/marts/core/fct_posting.sql"
    (target / "manifest.json").write_text(
        json.dumps(
            {
                "metadata": {"project_name": "kobling"},
                "macros": {},
                "nodes": {"model.kobling.fct_posting": node},
            }
        )
    )
    with duckdb.connect(str(publisher.build)) as connection:
        connection.execute("alter table marts.fct_posting rename to posting")
        connection.execute("create view marts.fct_posting as from marts.posting")
    with pytest.raises(GateRefused, match=r"lacks 1 published tables, first marts\.fct_posting"):
        publisher(dbt_target=target)
    assert list_publications(settings) == []


def test_the_gate_refuses_and_readers_keep_what_they_had(publisher: Publisher, settings: Settings) -> None:
    first = publisher()
    with pytest.raises(
        GateRefused, match=r"ledger_equals_mart \(actual_to_date\) on marts\.mart_overrun: 3 rows"
    ):
        publisher(validated=verdicts("critical", success=False))
    with pytest.raises(ConfigurationError, match="lake not validated"):
        publisher(validated=verdicts()[1:])
    assert [publication.id for publication in list_publications(settings)] == [first.id]
    assert verify(settings) == []


def test_warnings_do_not_block(publisher: Publisher) -> None:
    assert publisher(validated=verdicts("warning", success=False)).manifest.gate.result == "warning"
    assert publisher().manifest.gate.result == "passed"


def test_a_failed_dbt_test_blocks(publisher: Publisher, tmp_path: Path) -> None:
    results = {"results": [{"unique_id": "test.kobling.keys.abc", "status": "fail", "failures": 2}]}
    (tmp_path / "run_results.json").write_text(json.dumps(results), encoding="utf-8")
    with pytest.raises(GateRefused, match="dbt test keys: 2 rows"):
        publisher(dbt_target=tmp_path)


def test_a_build_of_another_date_is_not_published(publisher: Publisher, settings: Settings) -> None:
    publisher()
    with pytest.raises(ConfigurationError, match="not a build of 2022-01-31"):
        publish(settings, publisher.build, date(2022, 1, 31), verdicts(), [], "run")


def test_two_keys_do_not_mix(publisher: Publisher) -> None:
    other = Delivered(source="bos", extract_date=MARCH, key_fingerprint="another")
    with pytest.raises(ConfigurationError, match="more than one key"):
        publisher(deliveries=[*DELIVERIES, other])


def test_current_is_the_highest_as_of_and_of_several_the_newest(
    publisher: Publisher, settings: Settings
) -> None:
    march = publisher(MARCH)
    january = publisher(date(2022, 1, 31))
    assert not january.is_current
    assert _current_id(settings) == march.id
    again = publisher(MARCH)
    assert again.is_current
    assert _current_id(settings) == again.id
    april = publisher(date(2022, 4, 30))
    assert _current_id(settings) == april.id
    assert [publication.id for publication in list_publications(settings)] == [
        april.id,
        again.id,
        january.id,
        march.id,
    ]


def test_the_same_build_gives_the_same_tables(publisher: Publisher) -> None:
    first = publisher()
    with duckdb.connect(str(publisher.build)) as connection:
        connection.execute(
            "create or replace table marts.fct_posting as from marts.fct_posting order by random()"
        )
    second = publisher()
    assert first.manifest.tables == second.manifest.tables
    tables = [_all_rows(publication.path / "kobling.duckdb", "marts") for publication in (first, second)]
    assert tables[0] == tables[1]
    hashes = [
        {
            entry.path: entry.sha256
            for entry in publication.manifest.files
            if entry.path.startswith("parquet/")
        }
        for publication in (first, second)
    ]
    assert hashes[0] == hashes[1]


def _all_rows(path: Path, schema: str) -> dict[str, list[tuple[object, ...]]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        tables = connection.execute("select table_name from duckdb_tables() order by 1").fetchall()
        return {table: connection.execute(f"from {schema}.{table}").fetchall() for (table,) in tables}


def test_verify_finds_what_was_touched(publisher: Publisher, settings: Settings) -> None:
    publication = publisher()
    changed = publication.path / "parquet" / "mart_overrun.parquet"
    content = bytearray(changed.read_bytes())
    content[len(content) // 2] ^= 1
    changed.write_bytes(content)
    (publication.path / "dictionary" / "index.html").unlink()
    (publication.path / "steward" / "noter.txt").write_text("x", encoding="utf-8")
    assert [(problem.kind, problem.path) for problem in verify(settings)] == [
        ("missing", "dictionary/index.html"),
        ("changed", "parquet/mart_overrun.parquet"),
        ("extra", "steward/noter.txt"),
    ]
    assert str(verify(settings, publication.id)[0]) == f"{publication.id}: missing: dictionary/index.html"
    with pytest.raises(ConfigurationError, match="no readable publication"):
        verify(settings, "../..")


def test_verify_before_anything_is_published(settings: Settings) -> None:
    with pytest.raises(ConfigurationError, match="nothing is published"):
        verify(settings)


def test_retention_keeps_the_newest_the_month_ends_and_current(publisher: Publisher) -> None:
    settings = Settings(home=publisher.settings.home, keep_publications=1)
    dates = [date(2022, 1, 15), date(2022, 1, 31), date(2022, 1, 31), date(2022, 2, 28), date(2022, 2, 10)]
    built = [publisher(as_of, settings=settings) for as_of in dates]
    kept = {publication.id for publication in list_publications(settings)}
    # the newest of January's last date, February's last date, and the newest built of all
    assert kept == {built[2].id, built[3].id, built[4].id}
    assert _current_id(settings) == built[3].id
    assert not [path for path in settings.published_path.iterdir() if path.name.startswith(store.REMOVING)]


def test_a_reader_keeps_what_it_opened(publisher: Publisher, settings: Settings) -> None:
    """A session that resolved `current` once reads on while its publication is replaced and removed."""
    publisher()
    one = Settings(home=settings.home, keep_publications=1)
    stop = threading.Event()
    seen: set[object] = set()
    failures: list[duckdb.Error] = []

    def read_sessions() -> None:
        while not stop.is_set():
            try:
                path = (settings.published_path / "current").resolve()
                with duckdb.connect(str(path / "kobling.duckdb"), read_only=True) as connection:
                    seen.add(connection.execute("select count(*) from marts.fct_posting").fetchone())
            except duckdb.Error as error:
                failures.append(error)
            stop.wait(0.02)

    opened = duckdb.connect(
        str((settings.published_path / "current").resolve() / "kobling.duckdb"), read_only=True
    )
    reader = threading.Thread(target=read_sessions)
    reader.start()
    try:
        for _ in range(5):
            publisher()
    finally:
        stop.set()
        reader.join()
    assert seen == {(360,)}
    assert failures == []
    publisher(settings=one)
    assert len(list_publications(one)) == 1
    assert opened.execute("select sum(amount_dkk) from marts.fct_posting").fetchone() == (
        Decimal("52227.00"),
    )
    opened.close()


@pytest.mark.parametrize("step", ["file_entries", "commit", "switch", "retain"])
def test_a_crash_at_any_step_leaves_the_old_or_the_new(
    publisher: Publisher, settings: Settings, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    first = publisher(date(2022, 2, 28))

    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(store, step, crash)
        with pytest.raises(KeyboardInterrupt):
            publisher(MARCH)
    seen = current(settings)
    assert seen is not None
    assert verify(settings) == []
    assert (seen.id == first.id) == (step != "retain")
    # the next publication mends it, also one that does not become current itself
    publisher(date(2022, 1, 31))
    expected = MARCH if step in ("switch", "retain") else date(2022, 2, 28)
    assert _current_id(settings).startswith(expected.isoformat())
    assert not [path for path in settings.published_path.iterdir() if path.name.startswith(store.BUILDING)]
