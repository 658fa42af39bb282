"""The key figures as a reader meets them: in a browser, on a phone, on paper, in Excel; with the marts' figures."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from axe_playwright_python.sync_playwright import Axe
from openpyxl import load_workbook
from playwright.sync_api import BrowserContext, Page

from orchestration.publish import keyfigures
from orchestration.publish.explanation import text
from orchestration.publish.keyfigures import KeyFigures
from orchestration.publish.keyfigures_tables import OTHERS, Period
from orchestration.publish.publication import publish
from orchestration.settings import Settings
from orchestration.templating import amount, whole, written

from .conftest import DELIVERIES, FIXTURES, MARCH, SMALL_BUILD, Whole, opened, verdicts

KEYFIGURES_BUILD = FIXTURES / "keyfigures_build.sql"
Query = Callable[[str], Any]


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    """A publication of the small build with all that the key figures show."""
    folder = tmp_path_factory.mktemp("keyfigures")
    with duckdb.connect(str(folder / "build.duckdb")) as connection:
        connection.execute(SMALL_BUILD.read_text(encoding="utf-8"))
        connection.execute(KEYFIGURES_BUILD.read_text(encoding="utf-8"))
    settings = Settings(home=folder)
    built_at = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    database = folder / "build.duckdb"
    return settings, publish(settings, database, MARCH, verdicts(), DELIVERIES, "run-1", built_at=built_at)


@pytest.fixture(scope="module")
def folder(published: Whole) -> Path:
    return published[1].path / "keyfigures"


@pytest.fixture
def page(context: BrowserContext, folder: Path) -> Iterator[Page]:
    with opened(context, folder / "index.html", "assets/keyfigures.js") as page:
        yield page


@pytest.fixture
def query(published: Whole) -> Iterator[Query]:
    with duckdb.connect(str(published[1].path / "kobling.duckdb"), read_only=True) as connection:
        yield lambda sql: connection.execute(sql).fetchall()[0][0]


def read(published: Whole, change: str = "", as_of: date = MARCH) -> KeyFigures | None:
    """The key figures of the publication, after a change to a copy of its tables."""
    publication = published[1]
    manifest = publication.manifest.model_copy(update={"as_of": as_of})
    with duckdb.connect() as connection:
        connection.execute(f"attach '{publication.path / 'kobling.duckdb'}' as published (read_only)")
        connection.execute("attach ':memory:' as kobling")
        connection.execute("copy from database published to kobling")
        connection.execute(change)
        return keyfigures.read_keyfigures(connection, manifest)


def test_every_figure_is_found_in_the_mart_it_names(page: Page, query: Query) -> None:
    shown = page.locator("[data-mart]").evaluate_all(
        "cells => cells.map(cell => [cell.dataset.mart, cell.dataset.column, cell.dataset.where, cell.textContent])"
    )
    assert len(shown) > 200
    for mart, column, where, said in shown:
        value = query(f"select {column} from marts.{mart} where {where}")
        kinds = (
            ("month",)
            if isinstance(value, date)
            else ("money", "exact", "number", "decimal", "share", "text")
        )
        ways = {written(value, kind) for kind in kinds}
        ways |= {amount(value)} if isinstance(value, Decimal) or value is None else set()
        assert said in ways, (mart, column, where, said, value)


def test_the_first_screen_answers_the_question_and_its_parts_sum_to_the_oere(
    page: Page, query: Query
) -> None:
    first = page.locator("section.screen-one")
    assert first.locator(".why p").all_inner_texts() == [
        "Det er mest antallet af forløb: udgiften i januar–marts 2022 er 437.000 kr., 196.000 kr. mere end de samme "
        "måneder i 2021 (antal 138.000 kr., serviceniveau 22.000 kr. og pris 36.000 kr.).",
        "Der er 6 mod 4 forløb, 56,5 mod 67,0 dage pr. forløb og en pris pr. døgn på 1.290 mod 899 kr.",
        "Den største enkelte ændring er Familiebehandling (firmaer): 147.000 kr. mere.",
    ]
    parts = first.locator(".panel", has_text="Delene, til øren")
    numbers = [oere(cell) for cell in parts.locator("tbody td.n").all_inner_texts()]
    assert sum(numbers) == oere(parts.locator("tfoot td").inner_text())
    change = query("select sum(change_dkk) from marts.mart_unit_price_variance where basis = 'last_year'")
    assert sum(numbers) == change * 100
    # each row of the table of segments sums, too
    for table, skipped in (("segmenter-last-year", 3), ("segmenter-budget", 3)):
        for row in page.locator(f"#{table} tbody tr, #{table} tfoot tr").all():
            cells = [oere(said) for said in row.locator("td.n").all_inner_texts()]
            assert cells[1] - cells[0] == cells[2] == sum(cells[skipped:])
    waterfall = first.locator("figure table tbody td").all_text_contents()
    assert sum(map(oere, waterfall[:-1])) == oere(waterfall[-1])


def oere(said: str) -> int:
    """What the page writes as a number of øre; a dash is none."""
    return 0 if said.strip() == "–" else int(said.replace(".", "").replace(",", ""))


def test_the_budget_without_durations_has_volume_in_one(page: Page) -> None:
    heads = page.locator("#segmenter-budget thead th").all_inner_texts()
    assert "Antal og varighed" in heads and "Varighed" not in heads
    said = page.locator("section", has=page.locator("#budget")).locator(".why p").all_inner_texts()
    assert said[0].startswith(
        "Udgiften i januar–marts 2022 er 325.000 kr., stort set det samme som budgettets"
    )
    assert said[1] == "Prisen pr. døgn er 1.204 mod 1.000 kr."


def test_closed_months_show_the_posted_price_and_say_so(page: Page) -> None:
    note = page.locator("section.screen-one > p.small").inner_text()
    assert "den bogførte til og med februar 2022, som er lukket, og den planlagte derefter" in note
    assert "91,6 %" in note
    months = {
        row.split("\t")[0]: row.split("\t") for row in page.locator("#maaneder tbody tr").all_inner_texts()
    }
    # the month before the first report's window is not there
    assert list(months) == ["jan. 21", "feb. 21", "mar. 21", "apr. 21", "jan. 22", "feb. 22", "mar. 22"]
    heads = page.locator("#maaneder thead th").all_inner_texts()
    february = dict(zip(heads, months["feb. 22"], strict=True))
    march = dict(zip(heads, months["mar. 22"], strict=True))
    assert (february["Vist pris pr. døgn"], february["Planlagt pris pr. døgn"]) == ("1.062", "1.161")
    assert (march["Vist pris pr. døgn"], march["Bogført pris pr. døgn"]) == ("1.573", "–")
    # what hangs on no course is in the cost, not in the price
    assert (march["Ufordelt"], march["Planlagt udgift på forløb"]) == ("1.235", "162.000")
    assert march["Planlagt udgift i alt"] == "163.235"


def test_prices_on_hold_are_told_and_nothing_is_where_there_are_none(page: Page, published: Whole) -> None:
    assert page.locator("p.note").inner_text() == (
        "Af udgiften i januar–marts 2022 er 50.000 kr., og af sidste års 0 kr. til priser, der er så usandsynlige, at "
        "de skal bekræftes (regel D16); de er med i prisen ovenfor."
    )
    found = read(published, "update kobling.marts.mart_unit_price set cost_on_hold_dkk = 0")
    assert found is not None and not found.on_hold


def test_persons_stand_together_and_tables_sum_to_all_cost(page: Page, query: Query) -> None:
    assert "P000000000000000" not in page.content()
    cost = query("select sum(cost_total_dkk) from marts.mart_unit_price where month >= date '2022-01-01'")
    for table in ("paragraffer", "ydelser", "leverandoerer"):
        heads = page.locator(f"#{table} thead th").all_inner_texts()
        total = page.locator(f"#{table} tfoot").inner_text().split("\t")
        assert total[heads.index("Udgift 2022")] == whole(cost)
        assert "Ufordelt" in page.locator(f"#{table} tbody").inner_text()
    assert page.locator("#leverandoerer tbody th").all_inner_texts() == [
        "Opholdsstedet <Eksempel>",
        "Privatpersoner",
        "Huset",
        "Ufordelt",
    ]


def test_a_selection_redraws_the_trends_with_the_marts_figures(page: Page, query: Query) -> None:
    price = page.locator("#graf-price_shown")
    before = price.inner_html()
    page.select_option("select[name=provider]", label="Opholdsstedet <Eksempel>")
    assert page.locator("#udvalg").inner_text() == "Udvalg: Opholdsstedet <Eksempel>."
    assert page.evaluate("location.hash") == "#provider=10000000"
    assert price.inner_html() != before
    assert price.locator("svg > text").filter(has_text="2022").all_text_contents() == [
        "2022 bogført",
        "2022 planlagt",
    ]
    company = "provider_id = '10000000' and not is_unattached"
    for month, name, figure, row, cell in (
        ("2022-02-01", "graf-price_shown", "sum(cost_posted_dkk) / sum(course_days)", 1, 1),
        ("2022-03-01", "graf-price_shown", "sum(cost_total_dkk) / sum(course_days)", 2, 1),
        ("2021-01-01", "graf-price_year", "sum(cost_posted_dkk) * 365 / sum(course_days)", 0, 0),
        ("2022-01-01", "graf-active_courses", "sum(active_courses)", 0, 1),
        ("2022-01-01", "graf-cost_shown", "sum(cost_posted_dkk)", 0, 1),
    ):
        value = query(
            f"select {figure} from marts.mart_unit_price where month = date '{month}' and {company}"
        )
        said = page.locator(f"#{name} tbody tr").nth(row).locator("td").nth(cell).text_content()
        assert said == whole(value), (month, name)
    # the company has no such section: it cannot be chosen
    assert page.locator("select[name=section] option[value='SEL-66-1.1']").is_disabled()
    page.get_by_role("button", name="Vis alle").click()
    page.wait_for_function("document.querySelector('#udvalg').textContent === 'Alle forløb.'")
    assert price.inner_html() == before
    assert page.evaluate("location.hash") == ""


def test_of_many_providers_the_smaller_are_selected_together(
    published: Whole, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cells() -> tuple[list[str], int]:
        found = read(published)
        assert found
        told = json.loads(found.cells)["cells"]
        offered = [id_ for _, options in found.choices["provider"] for id_, _ in options]
        assert set(offered) == set(told["provider"])
        return offered, sum(told["planned"])

    every, planned = cells()
    assert OTHERS not in every
    monkeypatch.setattr(keyfigures, "MOST_PROVIDERS", 1)
    some, same = cells()
    assert same == planned
    assert len(every) > 2
    assert len(some) == 2
    assert OTHERS in some


def test_a_bookmark_opens_its_selection_and_keys_choose(context: BrowserContext, folder: Path) -> None:
    page = context.new_page()
    page.goto((folder / "index.html").as_uri() + "#activity=015025&provider=Privatpersoner")
    assert page.locator("#udvalg").inner_text() == "Udvalg: Plejefamilier, vederlag, Privatpersoner."
    page.locator("select[name=activity]").focus()
    page.keyboard.press("Home")
    assert page.locator("#udvalg").inner_text() == "Udvalg: Privatpersoner."
    page.goto((folder / "index.html").as_uri() + "#activity=nothing")
    page.reload()
    assert page.locator("#udvalg").inner_text() == "Alle forløb."
    page.close()


@pytest.mark.parametrize(("media", "width"), [("screen", 360), ("screen", 1366), ("print", 1031)])
def test_nothing_runs_out_of_the_page(page: Page, media: Any, width: int) -> None:
    page.emulate_media(media=media)
    page.set_viewport_size({"width": width, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("form.filter").is_visible() == (media == "screen")


def test_axe_finds_nothing_to_complain_of(page: Page) -> None:
    for details in page.locator("details").all():
        details.evaluate("element => element.open = true")
    page.select_option("select[name=provider]", "Privatpersoner")
    found = Axe().run(page)
    assert [(each["id"], each["nodes"][0]["html"][:200]) for each in found.response["violations"]] == []


def test_the_front_page_leads_to_it(published: Whole) -> None:
    front = (published[1].path / "index.html").read_text(encoding="utf-8")
    assert front.count('href="keyfigures/index.html"') == 2


def test_the_workbook_holds_the_same_figures(folder: Path, query: Query) -> None:
    book = load_workbook(folder / "noegletal.xlsx")
    assert "Det er mest antallet af forløb" in str(list(book["Oversigt"].values))
    sheet = book["Pr. leverandør"]
    heads = [cell.value for cell in sheet[3]]
    assert [row[0].value for row in sheet.iter_rows(min_row=4)][-1] == "I alt"
    assert Decimal(str(sheet.cell(4, heads.index("Udgift 2022") + 1).value)) == Decimal("325000.25")
    for row in book["Kilder"].iter_rows(min_row=4, values_only=True):
        query(f"select any_value(found) from (select {row[3]} as found from marts.{row[2]} where {row[4]})")
    for each in book.worksheets:
        for line in each.iter_rows():
            for cell in line:
                assert cell.data_type != "f"
                assert not str(cell.value or "").startswith(("=", "+", "@")), cell.coordinate


# What a publication may lack ------------------------------------------------------------------------------------------


def test_without_last_year_there_is_the_budget_alone(published: Whole) -> None:
    found = read(
        published,
        "delete from kobling.marts.mart_unit_price_variance where basis = 'last_year';"
        "update kobling.marts.mart_unit_price set is_covered = false where month < date '2021-02-01'",
    )
    assert found is not None
    assert [compared.id for compared in found.compared] == ["budget"]
    assert not found.period.has_last_year
    by_section = next(table for table in found.tables if table.table.id == "paragraffer")
    assert not [
        field.label for field in by_section.columns if "2021" in field.label or field.name == "change"
    ]
    assert "2021" not in by_section.table.note


def test_with_nothing_to_compare_with_the_page_says_so(published: Whole) -> None:
    found = read(published, "delete from kobling.marts.mart_unit_price_variance")
    assert found is not None and not found.compared
    page = keyfigures.keyfigures_page(found, published[1].manifest, {})
    assert "så der er intet at sammenligne med" in page
    assert "graf-price_shown" in page


def test_in_january_the_year_is_last_years_and_no_month_need_be_closed(published: Whole) -> None:
    found = read(published, "delete from kobling.marts.mart_data_trust", date(2022, 2, 15))
    assert found is not None
    assert (found.period.text, found.period.month_to) == ("januar 2022", date(2022, 1, 1))
    assert found.price_note.startswith("Ingen måned i 2022 er lukket, så priserne er planlagte")
    assert not any("bogført" in chart.svg for chart in found.trends)
    found = read(published, as_of=date(2022, 1, 15))
    assert found is not None
    assert found.period.text == "januar–december 2021"


def test_without_courses_there_is_no_page(published: Whole) -> None:
    for change in (
        "delete from kobling.marts.mart_unit_price",
        "update kobling.marts.mart_unit_price set is_covered = false",
        "insert into kobling.marts.mart_run_status by name "
        "select 'mart' as subject, 'mart_unit_price' as name, 'not_run' as status, 'Ikke leveret: forløb' as reason",
    ):
        assert read(published, change) is None
    assert "Ikke kørt" in keyfigures.keyfigures_page(None, published[1].manifest, {})


def test_a_mart_that_was_not_run_is_said_not_to_be(published: Whole) -> None:
    found = read(
        published,
        "insert into kobling.marts.mart_run_status by name select 'mart' as subject, 'mart_measure_month' as name, "
        "'not_run' as status, 'Ikke leveret: forløb' as reason",
    )
    assert found is not None
    page = keyfigures.keyfigures_page(found, published[1].manifest, {})
    assert "Ikke kørt: Ikke leveret: forløb." in page


def test_closed_months_are_compared_with_the_same_months_of_last_year() -> None:
    period = Period(date(2022, 6, 1), True, {2021: date(2021, 12, 1), 2022: date(2022, 5, 1)})
    assert (
        period.closed_to_date(2021) == "is_covered and month between date '2021-01-01' and date '2021-05-01'"
    )
    assert (
        period.closed_to_date(2022) == "is_covered and month between date '2022-01-01' and date '2022-05-01'"
    )
    assert Period(date(2022, 1, 1), True, {2021: date(2021, 12, 1)}).closed_to_date(2021) is None
    assert [period.is_closed(month) for month in (date(2022, 5, 1), date(2022, 6, 1), date(2020, 1, 1))] == [
        *[True, False, False]
    ]


def test_the_sentences_are_the_workbooks_too(published: Whole) -> None:
    found = read(published)
    assert found is not None
    assert text(found.compared[0].sentences[0]).startswith("Det er mest antallet af forløb")
