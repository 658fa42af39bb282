"""What the tests of publications share: a small build, and one publication of it.

Belongs here: made-up tables, deliveries and verdicts. Every id in them is synthetic.
"""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from pydantic import BaseModel

from orchestration.publish import Publication
from orchestration.publish.manifest import Column, Gate, Manifest, TableEntry
from orchestration.publish.publication import publish
from orchestration.settings import Settings
from orchestration.validation import ExpectationOutcome, ValidationResult
from orchestration.validation.results import Severity

FIXTURES = Path(__file__).parent.parent / "fixtures"
SMALL_BUILD = FIXTURES / "small_build.sql"
OVERVIEW_BUILD = FIXTURES / "overview_build.sql"
MARCH = date(2022, 3, 31)

Whole = tuple[Settings, Publication]


class Delivered(BaseModel):
    """Stands for the registry's Delivery."""

    source: str
    extract_date: date
    profile: str = "ledger"
    status: str = "loaded"
    reason: str | None = None
    key_fingerprint: str | None = "fingerprint"
    loaded_at: datetime = datetime(2022, 4, 1, tzinfo=UTC)
    files: list[dict[str, object]] = []


POSTINGS = {
    "name": "postings_2022-01.csv",
    "entity": "posting",
    "mode": "period",
    "file_hash": "ab" * 32,
    "bytes": 4711,
    "rows": 122,
    "accepted": 120,
    "quarantined": 2,
    "amount_total_dkk": "17409.00",
    "is_unchanged": False,
    "warnings": [],
}
DELIVERIES = [
    Delivered(source="ledger", extract_date=date(2022, 2, 28), files=[POSTINGS]),
    Delivered(source="ledger", extract_date=MARCH, files=[POSTINGS]),
    Delivered(source="bos", extract_date=MARCH, status="refused", reason="kolonnen section mangler"),
    Delivered(source="ledger", extract_date=date(2022, 4, 30)),
]


def outcome(severity: Severity, success: bool) -> ExpectationOutcome:
    return ExpectationOutcome(
        table="marts.mart_overrun",
        expectation="ledger_equals_mart",
        columns=["actual_to_date"],
        severity=severity,
        success=success,
        unexpected_count=0 if success else 3,
        description_da="Forbrug til dato er posteringernes sum",
        why_da="Hver postering skal stå i netop én række",
        harms=["mart_overrun"],
    )


def verdicts(severity: Severity = "critical", success: bool = True) -> list[ValidationResult]:
    return [
        ValidationResult(subject="lake", outcomes=[]),
        ValidationResult(subject="marts", outcomes=[outcome(severity, success)]),
    ]


def manifest_of(**tables: list[Column]) -> Manifest:
    """The manifest of a publication of March with these tables: `schema__table` → its columns."""
    return Manifest(
        id="march",
        as_of=MARCH,
        previous_as_of=date(2022, 2, 28),
        built_at=datetime(2026, 1, 1, tzinfo=UTC),
        run_id="run",
        kobling_version="0",
        git_commit=None,
        key_fingerprint=None,
        gate=Gate(result="passed", expectations=0, dbt_tests=0, critical=0, warnings=[]),
        deliveries=[],
        tables=[
            TableEntry(table=name.replace("__", "."), rows=0, columns=columns, sums={})
            for name, columns in tables.items()
        ],
        files=[],
    )


@pytest.fixture(scope="session")
def small_build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("build") / "kobling.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(SMALL_BUILD.read_text(encoding="utf-8"))
    return path


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    """One publication of the whole small build, with dbt's artifacts and a warning."""
    folder = tmp_path_factory.mktemp("whole")
    dbt = {
        "manifest.json": {
            "metadata": {"project_name": "kobling"},
            "macros": {},
            "nodes": {
                "model.kobling.mart_overrun": {
                    "name": "mart_overrun",
                    "database": "kobling",
                    "schema": "marts",
                    "resource_type": "model",
                    "description": "One row a fiscal year and account (merforbrug).",
                    "columns": {
                        "forecast": {
                            "name": "forecast",
                            "description": "Cost at year's end (forventet forbrug).",
                        }
                    },
                    "fqn": ["kobling", "marts", "overrun", "mart_overrun"],
                },
                "test.kobling.known_sections.abc": {
                    "resource_type": "test",
                    "test_metadata": {
                        "name": "relationships",
                        "kwargs": {"column_name": "section_id", "to": "ref('dim_section')"},
                    },
                    "attached_node": "model.kobling.mart_overrun",
                    "column_name": "section_id",
                    "depends_on": {"nodes": ["model.kobling.mart_overrun"]},
                },
                **{
                    f"test.kobling.not_null_{column}.abc": {
                        "resource_type": "test",
                        "test_metadata": {"name": "not_null", "kwargs": {"column_name": column}},
                        "attached_node": "model.kobling.mart_overrun",
                        "column_name": column,
                        "depends_on": {"nodes": ["model.kobling.mart_overrun"]},
                    }
                    for column in ("frame_id", "forecast", "fiscal_year", "account_id")
                },
                "test.kobling.unique_combination_mart_overrun.abc": {
                    "resource_type": "test",
                    "test_metadata": {
                        "name": "unique_combination",
                        "kwargs": {"columns": ["fiscal_year", "account_id"]},
                    },
                    "attached_node": "model.kobling.mart_overrun",
                    "depends_on": {"nodes": ["model.kobling.mart_overrun"]},
                },
                "test.kobling.assert_totals_tie.abc": {
                    "resource_type": "test",
                    "description": "Summen er den samme hele vejen",
                    "depends_on": {"nodes": ["model.kobling.mart_overrun"]},
                },
            },
            "unit_tests": {
                "unit_test.kobling.mart_overrun.no_budget": {
                    "depends_on": {"nodes": ["model.kobling.mart_overrun"]}
                }
            },
            "child_map": {"model.kobling.mart_overrun": []},
        },
        "run_results.json": {
            "results": [
                {"unique_id": "test.kobling.not_null_frame_id.abc", "status": "pass", "failures": 0},
                {"unique_id": "test.kobling.not_null_forecast.abc", "status": "pass", "failures": 0},
                {"unique_id": "test.kobling.assert_totals_tie.abc", "status": "pass", "failures": 0},
                {"unique_id": "unit_test.kobling.mart_overrun.no_budget", "status": "pass", "failures": 0},
                {"unique_id": "test.kobling.known_sections.abc", "status": "warn", "failures": 4},
                {"unique_id": "model.kobling.mart_overrun", "status": "success", "failures": None},
            ]
        },
    }
    (folder / "target").mkdir()
    for name, content in dbt.items():
        (folder / "target" / name).write_text(json.dumps(content), encoding="utf-8")
    settings = Settings(home=folder)
    with duckdb.connect(str(folder / "build.duckdb")) as connection:
        connection.execute(SMALL_BUILD.read_text(encoding="utf-8"))
    publication = publish(
        settings,
        folder / "build.duckdb",
        MARCH,
        verdicts("warning", success=False),
        DELIVERIES,
        "run-1",
        dbt_target=folder / "target",
        built_at=datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC),
    )
    return settings, publication


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, or another one of the machine; CI has to have it."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        message = "no Chromium on this machine: the pages were not looked at in a browser (apt-get install chromium)"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    with sync_playwright() as playwright:
        # its own sandbox refuses to work for root, which CI is
        browser = playwright.chromium.launch(executable_path=found, chromium_sandbox=os.geteuid() != 0)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def context(browser: Browser) -> Iterator[BrowserContext]:
    with browser.new_context(
        viewport={"width": 1366, "height": 768}, locale="da-DK", offline=True
    ) as context:
        yield context


@contextmanager
def opened(context: BrowserContext, file: Path, *brought: str) -> Iterator[Page]:
    """A page; whatever it complains of, or asks of anywhere but its own folder, fails the test.

    Args:
        brought: the files beside it that it asks for.
    """
    page = context.new_page()
    complaints: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(file.as_uri())
    yield page
    assert complaints == []
    assert set(asked) == {(file.parent / name).as_uri() for name in (file.name, *brought)}
    page.close()
