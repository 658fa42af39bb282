"""The monthly overview as a reader meets it: in a browser, on paper, in Excel; every figure as the marts have it."""

import re
import shutil
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
import yaml
from axe_playwright_python.sync_playwright import Axe
from openpyxl import load_workbook
from playwright.sync_api import BrowserContext, Page

from orchestration.publish import overview
from orchestration.publish.manifest import Manifest
from orchestration.publish.metrics import read_metrics
from orchestration.publish.publication import publish
from orchestration.settings import PROJECT_ROOT, Settings
from orchestration.templating import amount, written

from .conftest import DELIVERIES, MARCH, OVERVIEW_BUILD, SMALL_BUILD, Whole, opened, verdicts

KINDS = ("money", "number", "share", "month", "date", "text")


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    """A publication of the small build with all that the overview shows."""
    folder = tmp_path_factory.mktemp("overview")
    with duckdb.connect(str(folder / "build.duckdb")) as connection:
        connection.execute(SMALL_BUILD.read_text(encoding="utf-8"))
        connection.execute(OVERVIEW_BUILD.read_text(encoding="utf-8"))
    settings = Settings(home=folder)
    publication = publish(
        settings,
        folder / "build.duckdb",
        MARCH,
        verdicts(),
        DELIVERIES,
        "run-1",
        built_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    )
    return settings, publication


@pytest.fixture(scope="module")
def folder(published: Whole) -> Path:
    return published[1].path / "overview"


@pytest.fixture
def page(context: BrowserContext, folder: Path) -> Iterator[Page]:
    with opened(context, folder / "index.html") as page:
        yield page


@pytest.fixture
def query(published: Whole):
    with duckdb.connect(str(published[1].path / "kobling.duckdb"), read_only=True) as connection:
        yield lambda sql: connection.execute(sql).fetchall()[0][0]


def test_every_figure_is_found_in_the_mart_it_names(page: Page, query) -> None:
    shown = page.locator("[data-mart]").evaluate_all(
        "cells => cells.map(cell => [cell.dataset.mart, cell.dataset.column, cell.dataset.where, cell.textContent])"
    )
    assert len(shown) > 150
    for mart, column, where, said in shown:
        if not mart:
            assert said == "–"
            continue
        value = query(f"select {column} from marts.{mart} where {where}")
        ways = {amount(value)} if isinstance(value, Decimal) or value is None else set()
        ways |= {written(value, kind) for kind in KINDS if _fits(value, kind)}
        assert said in ways, (mart, column, where, said, value)


def _fits(value: object, kind: str) -> bool:
    if kind in ("month", "date"):
        return value is None or hasattr(value, "year")
    return value is None or kind == "text" or isinstance(value, int | Decimal)


def test_the_first_screen_says_what_is_expected_and_why(page: Page) -> None:
    first = page.locator("section.screen-one")
    assert first.locator("dl dd").all_inner_texts() == [
        *["29,2 mio. kr.", "28,0 mio. kr.", "1,2 mio. kr.", "27,2 mio. kr."],
        *["121,3 mio. kr.", "150,5 mio. kr.", "30,0 mio. kr."],
    ]
    assert first.locator(".why p").all_inner_texts() == [
        "Forventet merforbrug i 2022 er steget med 1,2 mio. kr. siden 28. februar 2022, "
        "mest fordi der er kommet nye forløb (3,0 mio. kr.).",
        "I samme retning trækker, at priserne er ændret (250.000 kr.) og omfanget af ydelserne er ændret "
        "(150.000 kr.); modsat trækker, at budgettet er ændret (-1,3 mio. kr.) og forløb er ophørt eller "
        "afkortet (-800.000 kr.).",
        "Ved årets udgang ventes et merforbrug på 29,2 mio. kr. uden handleplanen og et merforbrug på "
        "27,2 mio. kr., når den gennemføres.",
    ]
    frames = page.locator("#rammer tbody tr")
    assert [row.inner_text().split("\t")[0] for row in frames.all()] == [
        "30.46 Særlige tilbud til børn og unge",
        "30.10 Administration og myndighed",
    ]
    assert page.locator("#rammer tfoot th").inner_text() == "I alt"


def test_causes_stand_by_kind_with_course_and_provider_and_no_child(page: Page) -> None:
    panel = page.locator(".panel", has_text="største årsager").first
    assert panel.locator("h4").all_inner_texts() == ["Antal", "Serviceniveau", "Pris"]
    lines = panel.locator("tbody tr").all_inner_texts()
    assert lines[0].split("\t") == [
        "Nye forløb: Familiebehandling, Opholdsstedet Eksempel forløb 1, Team 1",
        "2.100.000",
    ]
    # what a text holds is text
    assert "Team <2>" in lines[1]
    assert "child_key" not in page.content()


def test_the_same_figure_is_the_same_everywhere(page: Page) -> None:
    shown = page.locator("td[data-mart=mart_overrun_frame]").evaluate_all(
        "cells => cells.map(cell => [cell.dataset.column + ' ' + cell.dataset.where, cell.textContent])"
    )
    by_source: dict[str, set[str]] = {}
    for source, said in shown:
        by_source.setdefault(source, set()).add(said)
    assert all(len(said) == 1 for said in by_source.values())
    waterfall = page.locator("figure", has_text="fra merforbrug sidst til nu").first
    numbers = waterfall.locator("table tbody tr").all_text_contents()
    assert "28.000.000" in numbers[0]
    assert "29.232.001" in numbers[-1]


def test_what_was_not_delivered_says_so(page: Page) -> None:
    section = page.locator("#refusion + p").first
    assert section.inner_text() == "Ikke kørt: Ikke leveret: statsrefusion i regnskabet."


def test_the_first_screen_is_one_page_of_paper(page: Page) -> None:
    page.emulate_media(media="print")
    # A4 on its side less the margins, at 96 dots an inch
    page.set_viewport_size({"width": 1031, "height": 700})
    box = page.locator("section.screen-one").bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= 186 / 25.4 * 96
    assert box["width"] <= 1031
    assert page.evaluate("document.documentElement.scrollWidth") <= 1031


def test_a_laptop_shows_the_figures_without_scrolling(page: Page) -> None:
    page.set_viewport_size({"width": 1366, "height": 768})
    box = page.locator("#rammer").bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= 768
    assert page.evaluate("document.documentElement.scrollWidth") <= 1366


def test_axe_finds_nothing_to_complain_of(page: Page) -> None:
    for details in page.locator("details").all():
        details.evaluate("element => element.open = true")
    found = Axe().run(page)
    assert [(each["id"], each["nodes"][0]["html"][:200]) for each in found.response["violations"]] == []


def test_a_build_without_frames_says_so(published: Whole) -> None:
    manifest = published[1].manifest.model_copy(update={"tables": []})
    with duckdb.connect() as connection:
        assert overview.read_overview(connection, manifest) is None
    assert "Ikke kørt" in overview.overview_page(None, manifest, {})


def test_the_workbook_holds_the_same_figures(folder: Path, query) -> None:
    book = load_workbook(folder / "maanedsoverblik.xlsx")
    sheet = book["Alle rammer"]
    heads = [cell.value for cell in sheet[3]]
    first = dict(zip(heads, [cell.value for cell in sheet[4]], strict=True))
    assert sheet.freeze_panes == "B4"
    assert first["Ramme"] == "30.46 Særlige tilbud til børn og unge"
    assert Decimal(str(first["Merforbrug nu"])) == query(
        "select expected_overrun from marts.mart_overrun_frame where frame_id = '30.46' and fiscal_year = 2022"
    )
    assert sheet.cell(4, heads.index("Merforbrug nu") + 1).number_format == "#,##0.00"
    assert "mest fordi der er kommet nye forløb" in str(list(book["Oversigt"].values))
    for row in book["Kilder"].iter_rows(min_row=4, values_only=True):
        query(f"select any_value(found) from (select {row[3]} as found from marts.{row[2]} where {row[4]})")
    for each in book.worksheets:
        for line in each.iter_rows():
            for cell in line:
                assert cell.data_type != "f"
                assert not str(cell.value or "").startswith(("=", "+", "@")), cell.coordinate


def test_the_template_has_the_seeds_fields(folder: Path) -> None:
    sheet = load_workbook(folder / "kvartalsskabelon.xlsx")["Skabelon"]
    assert [[cell.value for cell in row] for row in sheet.iter_rows(min_row=3)] == [
        ["Ramme", "Funktion", "Korrigeret budget (1000 kr.)", "Bemærkninger"],
        ["30.46", "Hele rammen", 121268, None],
        ["30.46", "52821 Forebyggende", 121268, None],
    ]


def test_the_same_publication_gives_the_same_bytes(published: Whole, folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    shutil.copy(published[0].home / "build.duckdb", copy)
    again = publish(
        Settings(home=copy),
        copy / "build.duckdb",
        MARCH,
        verdicts(),
        DELIVERIES,
        "run-1",
        built_at=datetime(2026, 1, 2, 3, 4, 6, tzinfo=UTC),
    )
    for name in ("kvartalsskabelon.xlsx", "maanedsoverblik.xlsx"):
        first, second = folder / name, again.path / "overview" / name
        with zipfile.ZipFile(first) as one, zipfile.ZipFile(second) as other:
            assert one.namelist() == other.namelist()
            changed = [part for part in one.namelist() if one.read(part) != other.read(part)]
        # the publication's own name stands on the first sheet
        assert set(changed) <= {"xl/sharedStrings.xml"}, changed


def test_the_marts_have_the_columns_that_the_overview_asks_for(published: Whole) -> None:
    """The made-up build may lag behind the models; the models' own descriptions do not."""
    manifest: Manifest = published[1].manifest
    described = {
        model["name"]: {column["name"] for column in model["columns"]}
        for path in (PROJECT_ROOT / "models" / "marts").rglob("*.yml")
        for model in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]
    }
    with duckdb.connect(str(published[1].path / "kobling.duckdb"), read_only=True) as connection:
        metrics = read_metrics(connection, manifest)
    for table in overview.tables(manifest):
        asked = {(table.mart, key.column) for key in table.by} | {
            (field.mart or table.mart, column)
            for field in table.fields
            for column in re.findall(r"sum\((\w+)\)", field.defined(metrics).sql)
        }
        missing = {(mart, column) for mart, column in asked if column not in described[mart]}
        assert missing == set(), table.id
