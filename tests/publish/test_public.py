"""The public part: the suppressed mart and nothing else, in a form that a committee and an Excel can read."""

import csv
import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from playwright.sync_api import BrowserContext

from orchestration.publish.privacy import private_columns

from .conftest import Whole

MART = "mart_unit_price_public"


@pytest.fixture
def folder(whole: Whole) -> Path:
    return whole[1].path / "public"


def test_nothing_else_is_in_it(whole: Whole, folder: Path) -> None:
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert files == {"index.html", "public.duckdb", f"parquet/{MART}.parquet", f"{MART}.csv"}
    assert {f"public/{file}" for file in files} <= {entry.path for entry in whole[1].manifest.files}
    with duckdb.connect(str(folder / "public.duckdb"), read_only=True) as connection:
        assert connection.execute("select schema_name, table_name from duckdb_tables()").fetchall() == [
            ("main", MART)
        ]
        assert connection.execute("select count(*) from duckdb_views() where not internal").fetchone() == (0,)
        columns = [row[0] for row in connection.execute(f"describe {MART}").fetchall()]
    assert private_columns(columns) == []
    assert not [column for column in columns if column.endswith("_id")]


def test_the_files_tell_the_same(whole: Whole, folder: Path) -> None:
    with duckdb.connect(str(whole[1].path / "kobling.duckdb"), read_only=True) as connection:
        rows = connection.execute(f"from marts.{MART}").fetchall()
        assert connection.execute(f"from '{folder}/parquet/{MART}.parquet'").fetchall() == rows
    with duckdb.connect(str(folder / "public.duckdb"), read_only=True) as connection:
        assert connection.execute(f"from {MART}").fetchall() == rows
    text = (folder / f"{MART}.csv").read_bytes()
    assert text.startswith(b"\xef\xbb\xbf")
    table = list(csv.DictReader(text.decode("utf-8-sig").splitlines(), delimiter=";"))
    shown = next(row for row in table if row["category_no"] == "015209")
    assert shown["cost_total_dkk"] == "450000,00"
    assert [row["cost_total_dkk"] for row in table if row["is_suppressed"] == "true"] == ["", ""]
    assert [row[1] for row in rows] == [date(2022, 1, 1)] * 4


def test_the_page_shows_what_is_hidden_as_hidden(whole: Whole, folder: Path) -> None:
    page = (folder / "index.html").read_text(encoding="utf-8")
    table = page[page.index('id="newest"') : page.index("</table>")]
    cells = {
        name: re.findall(r'<td class="n">(.*?)</td>', rest)
        for name, rest in re.findall(r'<tr><th scope="row">(.*?)</th>(.*?)</tr>', table)
    }
    assert cells["Familiebehandling"] == ["12", "900", "2,5", "450.000", "500", "182.500"]
    assert cells["Dagbehandling"] == ["•"] * 6
    assert cells["Øvrige, samlet"] == ["–", "700", "1,9", "2.100.000", "3.000", "1.095.000"]
    assert cells["I alt"][:4] == ["–", "1.600", "4,4", "2.550.000"]
    assert "• betyder skjult" in page
    # it is handed on as it is: no way back into the publication
    assert not re.search(r'href="\.\./', page)
    assert whole[1].id not in page


def test_the_page_reads_in_a_browser(folder: Path, context: BrowserContext) -> None:
    page = context.new_page()
    messages: list[str] = []
    page.on("console", lambda message: messages.append(message.text))
    page.goto((folder / "index.html").as_uri())
    assert page.locator("h1").inner_text() == "Hvad indsatser for børn og unge koster"
    assert page.locator("#newest tbody tr").count() == 4
    assert page.locator("figure svg").count() == 1
    width, seen = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert width <= seen
    assert messages == []
    page.close()


def test_prices_are_not_rounded_in_the_files(folder: Path) -> None:
    with duckdb.connect(str(folder / "public.duckdb"), read_only=True) as connection:
        found = connection.execute(
            f"select unit_price_day from {MART} where category_no = '015209'"
        ).fetchone()
    assert found == (Decimal(500),)
