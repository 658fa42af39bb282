"""The stewards' page as a person meets it: in a browser, from a file, without a network."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import duckdb
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from orchestration.publish.steward_pages import MOST_OF_CAUSE, MOST_ROWS, write_steward_part
from orchestration.templating import whole as whole_number

from .conftest import Whole, manifest_of

OPEN = "status in ('open', 'overdue') and severity <> 'I'"


@pytest.fixture(scope="module")
def address(whole: Whole) -> str:
    return (whole[1].path / "steward" / "index.html").as_uri()


@pytest.fixture
def page(context: BrowserContext, address: str) -> Iterator[Page]:
    """The page, opened; whatever it complains of or asks for fails the test."""
    page = context.new_page()
    complaints: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    yield page
    assert complaints == []
    folder = address.rpartition("/")[0]
    assert {url for url in asked if not url.startswith(f"{folder}/")} == set()
    page.close()


@pytest.fixture
def query(whole: Whole):
    """Asks the published steward part and marts."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{whole[1].path}/steward/steward.duckdb' as steward (read_only)")
        connection.execute(f"attach '{whole[1].path}/kobling.duckdb' as kobling (read_only)")
        yield lambda sql: connection.execute(sql).fetchall()


def form(page: Page) -> Locator:
    return page.locator("#filter")


def total(page: Page) -> list[str]:
    return page.locator("#total dd").all_inner_texts()


def summary(page: Page, by: str) -> dict[str, list[str]]:
    """A small table's shown lines: key → its numbers."""
    lines = page.locator(f"table[data-by={by}] tbody tr:not([hidden])").all()
    return {str(line.get_attribute("data-key")): line.locator("td").all_inner_texts() for line in lines}


def counted(query, where: str = "true", by: str = "'all'", table: str = "steward.steward_registration_gap"):
    rows = query(
        f"select {by}, count(*), count(*) filter (is_new), count(*) filter (status = 'overdue'), sum(amount_dkk) "
        f"from {table} where {OPEN} and {where} group by 1"
    )
    return {key: [whole_number(number) for number in numbers] for key, *numbers in rows}


def test_the_first_screen_is_the_mart(page: Page, query) -> None:
    assert [total(page)] == list(counted(query).values())
    [(number, overdue, amount)] = query(
        f"select count(*), count(*) filter (status = 'overdue'), sum(amount_dkk) "
        f"from kobling.marts.mart_registration_gap where {OPEN}"
    )
    found = total(page)
    assert [found[0], found[2], found[3]] == [whole_number(value) for value in (number, overdue, amount)]
    assert summary(page, "team") == counted(query, by="coalesce(team_id, 'Uden team')")
    assert summary(page, "leader") == counted(query, by="coalesce(leader_id, 'Uden leder')")
    assert summary(page, "rule") == counted(query, by="rule_id")


def test_my_team_is_chosen_and_remembered(page: Page, query, address: str) -> None:
    form(page).get_by_label("Mit team").select_option("Team 2")
    mine = counted(query, "team_id = 'Team 2'")["all"]
    assert total(page) == mine
    # the other teams stay in sight, and mine is marked
    assert summary(page, "team") == counted(query, by="coalesce(team_id, 'Uden team')")
    assert page.locator("table[data-by=team] a[aria-current=true]").all_inner_texts() == ["Team 2"]
    assert summary(page, "rule") == counted(query, "team_id = 'Team 2'", by="rule_id")
    assert page.locator("#chosen").inner_text() == "Udvalg: Team 2"
    assert page.url == f"{address}#team=Team+2"
    page.reload()
    assert total(page) == mine
    # a link to a place on the page keeps the team in the address
    page.get_by_role("link", name="Se hvilke og hvorfor").click()
    page.wait_for_url("**/index.html#team=Team+2")
    assert total(page) == mine
    page.get_by_role("button", name="Nulstil").click()
    page.wait_for_function("document.getElementById('chosen').textContent === ''")
    assert total(page) == counted(query)["all"]


def test_a_bookmark_of_a_team_opens_it(page: Page, query, address: str) -> None:
    link = page.get_by_role("link", name="Team 1", exact=True)
    link.click()
    assert total(page) == counted(query, "team_id = 'Team 1'")["all"]
    page.get_by_role("link", name="A02", exact=True).click()
    assert total(page) == counted(query, "team_id = 'Team 1' and rule_id = 'A02'")["all"]
    assert summary(page, "team") == counted(query, "rule_id = 'A02'", by="coalesce(team_id, 'Uden team')")
    # by keyboard, once more takes the team back
    link.press("Enter")
    assert total(page) == counted(query, "rule_id = 'A02'")["all"]
    assert link.evaluate("link => link === document.activeElement")
    page.goto(f"{address}#team={quote('Uden team')}&status=overdue")
    page.reload()
    assert form(page).get_by_label("Status").input_value() == "overdue"
    number, _, overdue, _ = total(page)
    assert int(number) >= int(overdue) > 0


@pytest.mark.parametrize(
    ("label", "value", "where"),
    [
        ("Leder", "leader3", "leader_id = 'leader3'"),
        ("Regel", "A02", "rule_id = 'A02'"),
        ("Alvor", "E", "severity = 'E'"),
    ],
)
def test_a_filter_shows_its_lines_and_their_sums(
    page: Page, query, label: str, value: str, where: str
) -> None:
    form(page).get_by_label(label).select_option(value)
    assert total(page) == counted(query, where)["all"]


def test_free_text_finds_a_case(page: Page, query) -> None:
    before = page.locator("#causes tbody tr").count()
    form(page).get_by_label("Søg").fill("S-5")
    lines = page.locator("#causes tbody tr").all_inner_texts()
    assert 0 < len(lines) < before
    assert all("S-5" in line for line in lines)
    form(page).get_by_label("Søg").fill("rykket gange")
    assert "»Rykket <to> gange« team1, 20.03.2022" in page.locator("#causes tbody tr").inner_text()
    form(page).get_by_label("Søg").fill("findes ikke")
    assert page.locator("#causes tbody").inner_text() == "Ingen mangler i udvalget"
    assert total(page)[0] == "0"


def test_a_cause_is_one_line_with_all_its_gaps(page: Page, query) -> None:
    causes = query(
        "select count(*), sum(amount_dkk) from steward.steward_registration_gap "
        f"where {OPEN} group by team_id, rule_id, coalesce(course_id, provider_id) order by 2 desc"
    )
    lines = page.locator("#causes tbody tr")
    assert page.locator(".dt-info").inner_text().endswith(f"af {len(causes)}")
    shown = [
        (int(line.locator("td").nth(1).inner_text()), line.locator("td").nth(0).inner_text())
        for line in lines.all()
    ]
    assert shown == [(number, whole_number(amount)) for number, amount in causes][: len(shown)]
    several = lines.filter(has=page.locator("summary")).first
    number = int(several.locator("td").nth(1).inner_text())
    several.locator("summary").press("Enter")
    assert several.locator("li:visible").count() == number - 1
    # what a text holds is text
    assert "er <ikke> registreret" in several.inner_text()


def test_sorting_works_by_keyboard(page: Page) -> None:
    def column(index: int) -> list[str]:
        cells = page.locator(f"#causes tbody td:nth-child({index})").all()
        return [cell.get_attribute("data-order") or cell.inner_text() for cell in cells]

    money = [int(value) for value in column(1)]
    assert money == sorted(money, reverse=True)
    heading = page.locator("#causes thead th").nth(2)
    heading.locator("[role=button]").focus()
    page.keyboard.press("Enter")
    expect(heading).to_have_attribute("aria-sort", "ascending")
    assert column(3) == sorted(column(3))
    page.keyboard.press("Enter")
    expect(heading).to_have_attribute("aria-sort", "descending")
    assert column(3) == sorted(column(3), reverse=True)


def test_what_is_not_a_gap_stands_apart(page: Page, query) -> None:
    [(reviews,)] = query(
        "select count(*) from steward.steward_registration_gap where severity = 'I' and status in ('open', 'overdue')"
    )
    assert f"{reviews} forhold, som kan være i orden" in page.locator("main").inner_text()
    assert "E04" not in summary(page, "rule")
    not_run = page.locator("#regler ~ .scroll").first
    assert "Ikke leveret: fakturaer" in not_run.inner_text()
    assert "E01 Ubetalt faktura over forfald" in not_run.inner_text()
    assert "1 regel er ikke kørt" in page.locator(".note").inner_text()
    waived = page.locator("#undtaget ~ .scroll").first.inner_text()
    assert "Afventer klagesag" in waived
    assert "31.12.2022" in waived
    assert "af controller" in waived
    [(closed,)] = query(
        "select count(*) from kobling.marts.mart_registration_gap where status = 'closed' and severity <> 'I'"
    )
    assert f"{closed} mangler for" in page.locator("#lukket + p").inner_text()


def test_charts_are_read_out_and_have_their_numbers(page: Page) -> None:
    figures = page.locator("figure").all()
    assert len(figures) == 7
    for figure in figures:
        title = figure.locator("h3").inner_text()
        assert figure.get_by_role("img", name=title).count() == 1
        assert figure.locator("svg > desc").inner_html()
        assert figure.locator("table tbody tr").count() > 0


def test_the_newest_month_of_a_chart_is_the_first_screen(page: Page) -> None:
    number, _, overdue, amount = total(page)
    rows = [figure.locator("table tbody tr").last for figure in page.locator("figure").all()[:3]]
    standing, _, money = [row.locator("td").all_text_contents() for row in rows]
    assert standing == [number, overdue]
    assert money == [amount]


def test_the_plan_of_late_registration_follows_the_team(page: Page) -> None:
    plan = page.locator("#efterregistrering ~ .scroll").first.locator("tbody tr")
    assert plan.all_inner_texts()[0].split("\t") == [
        *["Team 1", "30.06.2022", "20", "4", "0", "16", "14", "2 bagud", "800", "–"]
    ]
    assert "ingen plan" in plan.all_inner_texts()[1]
    form(page).get_by_label("Mit team").select_option("Uden team")
    assert [row.is_visible() for row in plan.all()] == [False, True]


def test_on_paper_all_chosen_lines_stand(page: Page) -> None:
    page.get_by_label("linjer").select_option("25")
    form(page).get_by_label("Mit team").select_option("Team 1")
    chosen = int(re.findall(r"af (\d+)", page.locator(".dt-info").inner_text())[0])
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    assert page.locator("#causes tbody tr").count() == chosen
    assert page.locator("#causes li").first.is_visible()
    assert not page.locator("#filter").is_visible()
    assert (
        page.locator("#causes thead").evaluate("head => getComputedStyle(head).display")
        == "table-header-group"
    )


def test_without_scripts_the_page_is_a_plain_one(browser: Browser, address: str, query) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(address)
        assert [total(page)] == list(counted(query).values())
        assert not page.locator("#filter").is_visible()
        assert page.locator("#causes tbody tr").last.is_visible()


def test_a_copy_without_its_scripts_is_a_plain_page_too(
    context: BrowserContext, whole: Whole, tmp_path: Path
) -> None:
    copy = shutil.copy(whole[1].path / "steward" / "index.html", tmp_path)
    page = context.new_page()
    page.goto(Path(copy).as_uri())
    assert page.locator("#causes tbody tr").last.is_visible()
    page.close()


@pytest.mark.parametrize("part", ["steward", "validation", "dictionary", "."])
def test_axe_finds_nothing_to_complain_of(context: BrowserContext, whole: Whole, part: str) -> None:
    page = context.new_page()
    page.goto((whole[1].path / part / "index.html").as_uri())
    for details in page.locator("details").all():
        details.evaluate("element => element.open = true")
    found = Axe().run(page)
    assert [(each["id"], each["nodes"][0]["html"][:200]) for each in found.response["violations"]] == []
    page.close()


def written(folder: Path, whole: Whole, changes: str, copies: int) -> Path:
    """The page of a publication with so many copies of each gap (their number: `copy.no`)."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{whole[1].path}/kobling.duckdb' as kobling (read_only)")
        connection.execute(f"attach '{whole[1].path}/steward/steward.duckdb' as small (read_only)")
        connection.execute("attach ':memory:' as steward")
        connection.execute("create table steward.main.steward_gap_rule as from small.main.steward_gap_rule")
        connection.execute(
            f"""
            create table steward.main.steward_registration_gap as
            select gap.* replace ({changes})
            from small.main.steward_registration_gap as gap cross join range({copies}) as copy (no)
            """
        )
        write_steward_part(folder, connection, manifest_of(steward__steward_registration_gap=[]))
    return folder / "index.html"


@pytest.mark.slow
def test_as_many_lines_as_there_may_be_are_quick(
    context: BrowserContext, whole: Whole, tmp_path: Path
) -> None:
    """On a machine that does other things too: a page of some megabytes, usable at once, and what it leaves out."""
    changes = "gap.gap_id || '/' || copy.no as gap_id, gap.gap_id || '/' || copy.no as course_id"
    file = written(tmp_path, whole, changes, 250)
    page = context.new_page()
    page.goto(file.as_uri())
    lines = int(page.locator(".dt-info").inner_text().rpartition(" ")[2].replace(".", ""))
    assert lines == MOST_ROWS
    told = page.get_by_text(f"Her står de {MOST_ROWS // 1000}.000 første af").first
    assert told.inner_text().endswith("alle står i tabellerne i steward.duckdb.")
    assert file.stat().st_size / lines < 1400
    took = page.evaluate(
        """() => {
            const began = performance.now();
            const text = document.getElementById("text");
            text.value = "gap7";
            text.dispatchEvent(new Event("input", { bubbles: true }));
            document.querySelector("#causes thead th:nth-child(5) [role=button]").click();
            return performance.now() - began;
        }"""
    )
    assert took < 3000
    page.close()


def test_a_cause_with_thousands_of_gaps_tells_the_first_and_how_many_more(
    whole: Whole, tmp_path: Path
) -> None:
    changes = "gap.gap_id || '/' || copy.no as gap_id, gap.course_id || ' ' as course_id"
    page = written(tmp_path, whole, changes, 1000).read_text(encoding="utf-8")
    told = [int(number.replace(".", "")) for number in re.findall(r"<li>De øvrige ([\d.]+) står", page)]
    # each cause has a thousand times what it had
    assert told
    assert all((number + MOST_OF_CAUSE) % 1000 == 0 for number in told)
    longest = max(cause.count("<li>") for cause in page.split("<details>")[1:])
    assert longest == MOST_OF_CAUSE
