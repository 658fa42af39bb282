"""What pages and workbooks rest on is what the exposures say: the tables that are read while a publication is made.

Reading is watched, not declared: each query and each file written is noted in order, and a query belongs to the part of
the publication (its folder) that is written next. What has no row in one build is read in the other; a mart that the
made-up builds lack is there without rows, as its contract says.
"""

import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from orchestration import bridge
from orchestration.publish import pages
from orchestration.publish import tables as store_tables
from orchestration.publish.publication import publish
from orchestration.settings import PROJECT_ROOT, Settings

from .conftest import DELIVERIES, FIXTURES, MARCH, SMALL_BUILD, verdicts

EXPOSURES: list[dict[str, Any]] = yaml.safe_load(
    (PROJECT_ROOT / "models" / "exposures.yml").read_text(encoding="utf-8")
)["exposures"]
READ = re.compile(r"\b(?:from|join)\s+(?:\w+\.)?(?:marts|steward|public|main|intermediate)\.(\w+)")
PAGE = (".html", ".xlsx")
CONNECT = duckdb.connect

Event = tuple[str, str]


class Watch:
    """Queries and files, in order; an audit hook cannot be taken back, so that it hears only while a watch is on."""

    events: list[Event] | None = None


def _opened(event: str, args: tuple[Any, ...]) -> None:
    if Watch.events is not None and event == "open" and isinstance(args[0], str) and "w" in (args[1] or ""):
        Watch.events.append(("written", args[0]))


sys.addaudithook(_opened)


class Watched:
    """A connection whose queries are noted."""

    def __init__(self, database: str = "", **config: Any) -> None:
        self.own = CONNECT(database, **config) if database else CONNECT(**config)
        # the control totals are read from the build, long before their page is written
        self.kind = "validation" if database else "read"

    def execute(self, query: str, *parameters: Any) -> duckdb.DuckDBPyConnection:
        assert Watch.events is not None
        Watch.events.append((self.kind, query))
        return self.own.execute(query, *parameters)

    def __getattr__(self, name: str) -> Any:
        assert name not in ("sql", "query", "table", "from_query"), "read by execute: else nobody notes it"
        return getattr(self.own, name)

    def __enter__(self) -> "Watched":
        return self

    def __exit__(self, *_: object) -> None:
        self.own.close()


def contracts() -> Iterator[tuple[str, str]]:
    """`schema.table` and its columns, of every published model."""
    for path in sorted((PROJECT_ROOT / "models" / "marts").rglob("*.yml")):
        for model in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]:
            columns = ", ".join(f"{column['name']} {column['data_type']}" for column in model["columns"])
            folder = path.parent.name
            yield f"{folder if folder in ('steward', 'public') else 'marts'}.{model['name']}", columns


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, set[str]], set[str]]:
    """Part of the publication → the tables that it reads; and the pages and workbooks that there are."""
    read: dict[str, set[str]] = {}
    files: set[str] = set()
    copy, write = store_tables.copy_schema, store_tables.write_file
    for fixture in ("overview_build", "keyfigures_build"):
        folder = tmp_path_factory.mktemp(fixture)
        with CONNECT(str(folder / "build.duckdb")) as connection:
            connection.execute(SMALL_BUILD.read_text(encoding="utf-8"))
            connection.execute((FIXTURES / f"{fixture}.sql").read_text(encoding="utf-8"))
            for table, columns in contracts():
                connection.execute(f"create table if not exists {table} ({columns})")
        Watch.events = []
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(duckdb, "connect", Watched)
            # copying and counting the tables is no page
            patch.setattr(
                store_tables, "copy_schema", lambda watched, *rest, **own: copy(watched.own, *rest, **own)
            )
            patch.setattr(store_tables, "write_file", lambda watched, *rest: write(watched.own, *rest))
            publication = publish(
                Settings(home=folder),
                folder / "build.duckdb",
                MARCH,
                verdicts(),
                DELIVERIES,
                "run-1",
                built_at=datetime(2026, 1, 2, tzinfo=UTC),
            )
        pending: set[str] = set()
        for kind, what in Watch.events:
            if kind == "read":
                pending |= set(READ.findall(what.lower()))
            elif kind == "validation":
                read.setdefault(kind, set()).update(READ.findall(what.lower()))
            elif what.endswith(PAGE):
                inside = re.sub(r".*/published/[^/]+/", "", what)
                read.setdefault(inside.split("/")[0], set()).update(pending)
                pending = set()
        Watch.events = None
        files |= {
            path.relative_to(publication.path).as_posix()
            for path in publication.path.rglob("*")
            if path.suffix in PAGE
        }
    return read, files


def declared(exposure: dict[str, Any]) -> set[str]:
    return {re.fullmatch(r"ref\('(\w+)'\)", found)[1] for found in exposure["depends_on"]}  # type: ignore[index]


def file_of(exposure: dict[str, Any]) -> str:
    return str(exposure["config"]["meta"]["file"])


def part_of(file: str) -> str:
    return file.split("/")[0]


def test_a_part_of_the_publication_reads_what_its_exposures_say(
    published: tuple[dict[str, set[str]], set[str]],
) -> None:
    said: dict[str, set[str]] = {}
    for exposure in EXPOSURES:
        said.setdefault(part_of(file_of(exposure)), set()).update(declared(exposure))
    read, _ = published
    # pages that tell of tables without reading them
    read["bi"] |= {
        table
        for query in pages.BI.glob("*.sql")
        for table in READ.findall(query.read_text(encoding="utf-8").lower())
    }
    different = {
        part: {
            "read, not in exposures.yml": tables - said.get(part, set()),
            "not read": said.get(part, set()) - tables,
        }
        for part, tables in read.items()
        if tables != said.get(part, set())
    }
    assert different == {}, (
        "models/exposures.yml says what each page and workbook reads: change depends_on there"
    )


def test_every_page_and_workbook_has_an_exposure_and_the_other_way(
    published: tuple[dict[str, set[str]], set[str]],
) -> None:
    _, files = published
    patterns = [file_of(exposure) for exposure in EXPOSURES]
    assert [file for file in sorted(files) if not any(fnmatch(file, pattern) for pattern in patterns)] == []
    commands = {"kobling bridge"}
    assert [
        pattern
        for pattern in patterns
        if pattern not in commands and not any(fnmatch(file, pattern) for file in files)
    ] == []


def test_the_bridge_reads_what_its_exposure_says() -> None:
    source = Path(bridge.__file__).read_text(encoding="utf-8").lower()
    [exposure] = [exposure for exposure in EXPOSURES if file_of(exposure) == "kobling bridge"]
    assert declared(exposure) == set(READ.findall(source))


def test_an_exposure_says_what_it_is_and_names_a_role() -> None:
    for exposure in EXPOSURES:
        assert len(exposure["description"].split()) > 4
        assert exposure["owner"].keys() == {"name"}, "a role, no person and no address"
        is_page = part_of(file_of(exposure)) != "kobling bridge"
        assert ("url" in exposure) == is_page
