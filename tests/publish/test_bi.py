"""A publication as BI tools read it: other drivers and formats, the example queries, dbt's documentation offline."""

import json
import subprocess
import sys
from pathlib import Path

import duckdb
import pyarrow.parquet
import pytest
from playwright.sync_api import BrowserContext

from orchestration.publish.manifest import Manifest
from orchestration.publish.pages import BI
from orchestration.settings import PROJECT_ROOT
from tests.home import AS_OF, Home
from tests.publish.conftest import Whole

EXAMPLES = sorted(BI.glob("*.sql"))
OLD_DRIVER = PROJECT_ROOT / ".venv" / "duckdb-1.4"

# what Arrow's and Power Query's readers make exact numbers, dates, truth values and texts of
TYPES = ("BIGINT", "BOOLEAN", "DATE", "DECIMAL", "INTEGER", "TIMESTAMP", "VARCHAR")

READ_ALL = """
import json, sys, duckdb
database, *queries = sys.argv[1:]
with duckdb.connect(database, read_only=True) as connection:
    connection.execute("set memory_limit = '1GB'")
    found = [connection.execute(open(query, encoding="utf-8").read()).fetchall() for query in queries]
    rows = [[[str(value) for value in row] for row in answer] for answer in found]
print(json.dumps([duckdb.__version__, rows]))
"""


@pytest.fixture(scope="session")
def publication(home: Home) -> Path:
    return home.publication(AS_OF[0])


@pytest.fixture(scope="session")
def answers(publication: Path) -> list[list[list[str]]]:
    """The examples' rows by our own driver, as texts."""
    with duckdb.connect(str(publication / "kobling.duckdb"), read_only=True) as connection:
        return [
            [[str(value) for value in row] for row in connection.execute(query.read_text("utf-8")).fetchall()]
            for query in EXAMPLES
        ]


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(EXAMPLES)), ids=[query.stem for query in EXAMPLES])
def test_an_example_answers_its_question(answers: list[list[list[str]]], number: int):
    assert EXAMPLES[number].read_text("utf-8").splitlines()[0].startswith("-- ")
    assert answers[number], "no rows"


@pytest.mark.slow
def test_parquet_gives_the_same_answers(publication: Path, answers: list[list[list[str]]]):
    with duckdb.connect() as connection:
        connection.execute("create schema marts")
        for file in (publication / "parquet").glob("*.parquet"):
            connection.execute(f"create view marts.{file.stem} as from read_parquet('{file}')")
        for query, expected in zip(EXAMPLES, answers, strict=True):
            found = connection.execute(query.read_text("utf-8")).fetchall()
            assert [[str(value) for value in row] for row in found] == expected, query.stem


@pytest.mark.slow
def test_the_command_line_gives_the_same_answers(publication: Path, answers: list[list[list[str]]]):
    program = Path(sys.executable).with_name("duckdb")
    for query, expected in zip(EXAMPLES, answers, strict=True):
        command = [str(program), "-readonly", "-json", str(publication / "kobling.duckdb")]
        done = subprocess.run(command, input=query.read_bytes(), capture_output=True, check=True)
        assert len(json.loads(done.stdout)) == len(expected), query.stem


@pytest.mark.slow
def test_an_older_driver_gives_the_same_answers(publication: Path, answers: list[list[list[str]]]):
    """DuckDB 1.4, which the BI tools of the day bring; `make test` lays it beside the environment."""
    if not OLD_DRIVER.is_dir():
        pytest.skip("no DuckDB 1.4 driver in .venv/duckdb-1.4: run the tests by `make test`")
    done = subprocess.run(
        [sys.executable, "-c", READ_ALL, str(publication / "kobling.duckdb"), *map(str, EXAMPLES)],
        env={"PYTHONPATH": str(OLD_DRIVER)},
        capture_output=True,
        text=True,
        check=True,
    )
    version, found = json.loads(done.stdout)
    assert version.startswith("1.4.")
    assert found == answers


@pytest.mark.slow
def test_arrow_reads_every_table_as_published(publication: Path):
    """Arrow stands for Excel and Power BI, whose reader is built on it."""
    manifest = Manifest.model_validate_json((publication / "manifest.json").read_text("utf-8"))
    marts = [entry for entry in manifest.tables if entry.table.startswith("marts.")]
    assert len(marts) == len(list((publication / "parquet").iterdir()))
    for entry in marts:
        file = pyarrow.parquet.ParquetFile(publication / "parquet" / f"{entry.name}.parquet")
        assert file.metadata.num_rows == entry.rows
        assert file.schema_arrow.names == [column.name for column in entry.columns]
        codecs = {
            file.metadata.row_group(group).column(column).compression
            for group in range(file.metadata.num_row_groups)
            for column in range(file.metadata.num_columns)
        }
        assert codecs <= {"SNAPPY", "UNCOMPRESSED"}
        read = file.read()
        for column in entry.columns:
            assert column.type.startswith(TYPES), f"{entry.name}.{column.name}: {column.type}"
            if column.name in entry.sums and entry.sums[column.name] is not None:
                total = sum(value for value in read.column(column.name).to_pylist() if value is not None)
                assert total == entry.sums[column.name], f"{entry.name}.{column.name}"


def test_the_query_file_and_the_page_are_there(whole: Whole):
    _, publication = whole
    assert (publication.path / "bi" / "kobling.pq").read_text("utf-8").count("\\manifest.json") == 1
    page = (publication.path / "bi" / "index.html").read_text("utf-8")
    for query in EXAMPLES:
        assert query.name in page
        assert (publication.path / "bi" / query.name).is_file()


@pytest.mark.slow
def test_dbt_docs_open_offline(publication: Path, context: BrowserContext):
    file = publication / "dictionary" / "dbt.html"
    text = file.read_text("utf-8")
    assert str(PROJECT_ROOT) not in text
    assert str(Path.home()) + "/" not in text
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{file.resolve().as_uri()}#!/model/model.kobling.mart_unit_price")
    page.get_by_role("heading", name="mart_unit_price").wait_for()
    page.get_by_text("course_days").first.wait_for()
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
    page.close()
