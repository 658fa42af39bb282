"""The lives of gaps on a made-up municipality: lived delivery by delivery, or told from nothing, they are the same.

One home sees every delivery on its day and builds it, as the daily run does; another gets them all at once. Between
and after the month ends come worklists with decisions, and a delivery of the case system alone.
"""

import shutil
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from orchestration import dbt, replay, warehouse
from orchestration.build import build
from orchestration.ingest import ingest, load_deliveries
from orchestration.settings import Settings
from orchestration.synth import write
from tests.home import query

pytestmark = pytest.mark.slow

FIRST, DECIDED, SECOND, DAILY = (date(2022, 5, 31), date(2022, 6, 10), date(2022, 6, 30), date(2022, 7, 5))
DAYS = [FIRST, DECIDED, SECOND, DAILY]
TABLES = ["mart_registration_gap", "mart_registration_gap_summary", "mart_late_registration_burndown"]


@dataclass
class Home:
    """A home that is built with the product's own steps, without Dagster and without tests."""

    settings: Settings
    landing: Path
    evaluated: dict[date, list[date]] = field(default_factory=dict)

    @property
    def database(self) -> Path:
        return self.settings.warehouse_path

    def receive(self, day: date) -> None:
        """Copies what the systems delivered on a day to landing; in the days after a month end nothing changed."""
        found = SECOND if day == DAILY else day
        for source in ("bos", "ledger") if day != DAILY else ("bos",):
            folder = self.landing / source / str(found)
            if folder.is_dir():
                shutil.copytree(folder, self.settings.landing_path / source / str(day))

    def build(self, day: date) -> None:
        """Ingests what is there, and builds the marts of a day."""
        ingest(self.settings)
        deliveries = load_deliveries(self.settings.lake_path)
        warehouse.prepare(self.settings, day, self.database, deliveries)
        self.evaluated[day] = replay.evaluate_missing(self.settings, deliveries, day)
        replay.fill(self.settings, self.database, deliveries, day)
        tables = [*TABLES, *(observed.model for observed in replay.observed_models())]
        models = dbt.ancestors(dbt.manifest(), *(f"model.kobling.{table}" for table in tables))
        dbt.refuse_broken(build(self.database, models, tests=False))
        replay.store(self.settings, self.database, deliveries, day)

    def gap(self, gap_id: str) -> dict[str, Any]:
        """A gap as the mart tells it now."""
        columns = ["status", "first_seen_on", "reopened_on", "closed_on", "decision"]
        [row] = query(
            self.database,
            f"select {', '.join(columns)} from marts.mart_registration_gap where gap_id = '{gap_id}'",
        )
        return dict(zip(columns, row, strict=True))


def decide(home: Home, day: date, *decisions: str) -> None:
    """A delivery of decisions: gap, what was decided, and until when."""
    folder = home.settings.landing_path / "plan" / str(day)
    folder.mkdir(parents=True)
    lines = [f"{decision};prøve;test;{day:%d-%m-%Y}" for decision in decisions]
    (folder / "waivers.csv").write_text(
        "\n".join(["Mangel-id;Afgørelse;Gælder til;Kommentar;Udfyldt af;Dato", *lines]) + "\n",
        encoding="utf-8",
    )


@dataclass
class Lives:
    """Both homes at the last day, the gaps that were decided on, and what the daily home said of them on each day."""

    daily: Home
    at_once: Home
    waived: str
    accepted: str
    closed_event: str
    told: dict[date, dict[str, dict[str, Any]]]


def standing(home: Home, kind: str) -> list[str]:
    """Gaps of a kind that stand, the oldest first: they are the likeliest to stand on."""
    return [
        gap_id
        for (gap_id,) in query(
            home.database,
            "select gap_id from marts.mart_registration_gap "
            f"where kind = '{kind}' and status <> 'closed' and rule_id <> 'A02' order by occurred_on, gap_id",
        )
    ]


@pytest.fixture(scope="module")
def lives(tmp_path_factory: pytest.TempPathFactory) -> Lives:
    root = tmp_path_factory.mktemp("lives")
    write(root / "synth", children=60, months=2, seed=7)
    dbt.prepare()
    key = "synthetic-key-of-the-tests"
    daily, at_once = (
        Home(
            Settings(home=root / name, landing=root / name / "landing", pseudonym_key=key),
            root / "synth" / "landing",
        )
        for name in ("daily", "at_once")
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("orchestration.ingest.landing.RECHECK_SECONDS", 0.01)
        daily.receive(FIRST)
        daily.build(FIRST)
        waived, accepted, *_ = standing(daily, "gap")
        first = (f"{waived};Undtaget;20-06-2022", f"{accepted};Accepteret;")
        decide(daily, DECIDED, *first)
        told = {}
        closed_event = ""
        second: tuple[str, ...] = ()
        for day in DAYS[1:]:
            daily.receive(day)
            if day == DAILY:
                closed_event = standing(daily, "event")[0]
                second = (f"{closed_event};Accepteret;", f"{accepted};Ophævet;")
                decide(daily, DAILY, *second)
            daily.build(day)
            told[day] = {gap: daily.gap(gap) for gap in (waived, accepted)}
        for day in DAYS:
            at_once.receive(day)
        decide(at_once, DECIDED, *first)
        decide(at_once, DAILY, *second)
        at_once.build(DAILY)
    return Lives(daily, at_once, waived, accepted, closed_event, told)


@pytest.mark.parametrize(
    "table", [*(f"marts.{table}" for table in TABLES), *(f"control.{table}" for table in warehouse.OBSERVED)]
)
def test_told_from_nothing_a_life_is_the_one_that_was_lived(lives: Lives, table: str) -> None:
    lived, told = (
        query(home.database, f"select * from {table} order by all") for home in (lives.daily, lives.at_once)
    )
    assert lived == told
    assert lived


def test_each_delivery_costs_one_evaluation(lives: Lives) -> None:
    """That of its own day; told from nothing, one a day that came before."""
    assert lives.daily.evaluated == {day: [] for day in DAYS}
    assert lives.at_once.evaluated == {DAILY: DAYS[:-1]}


def test_the_population_has_lives_of_every_kind(lives: Lives) -> None:
    """Else the comparison would say little."""
    [found] = query(
        lives.daily.database,
        """
        select
            count(*) filter (where status = 'closed') > 0,
            count(*) filter (where status = 'overdue') > 0,
            count(*) filter (where not is_backlog) > 0,
            count(*) filter (where kind = 'event') > 0,
            count(distinct first_seen_on) > 2
        from marts.mart_registration_gap
        """,
    )
    assert found == (True,) * 5


def test_worklists_are_no_month_end(lives: Lives) -> None:
    assert query(lives.daily.database, "select previous_as_of from control.run") == [(SECOND,)]


def test_a_waiver_counts_from_its_delivery_to_its_last_day(lives: Lives) -> None:
    states = {day: lives.told[day][lives.waived] for day in DAYS[1:]}
    assert states[DECIDED]["status"] == "waived"
    assert states[SECOND]["status"] in ("open", "overdue")
    assert states[SECOND]["reopened_on"] == SECOND
    assert states[SECOND]["decision"] is None


def test_an_acceptance_counts_until_it_is_taken_back(lives: Lives) -> None:
    states = {day: lives.told[day][lives.accepted] for day in DAYS[1:]}
    assert [states[day]["status"] for day in (DECIDED, SECOND)] == ["waived"] * 2
    assert states[DAILY]["status"] in ("open", "overdue")
    assert states[DAILY]["reopened_on"] == DAILY


def test_an_accepted_event_is_closed(lives: Lives) -> None:
    state = lives.daily.gap(lives.closed_event)
    assert (state["status"], state["closed_on"], state["decision"]) == ("closed", DAILY, "ACCEPT")
