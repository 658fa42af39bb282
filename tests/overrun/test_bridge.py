"""The bridge: each cause alone lands in its own part, and whatever the two dates say the parts sum to the change.

The courses here are made up: monthly on the first, 100 kr. a month all year unless a case says otherwise; what was due
up to April is posted. The dates are 31 May and 30 June 2022; the accrual window starts after 31 January and 2 March.
"""

import itertools
import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.overrun.bridge import COMPONENT, PARTS, insert, open_bridge

METHODS = ["forecast_activity", "forecast_commitment", "straight_line", "budget", "actual"]
MAY, JUNE = date(2022, 5, 31), date(2022, 6, 30)
MONEY = [name for name, type_ in COMPONENT.items() if type_.startswith("DECIMAL(18,2)")]
ADDED = (
    "actual_to_date",
    "accrued_unposted",
    "committed_remaining",
    "pipeline_weighted",
    "net_inflow",
    "method_dkk",
)


@dataclass(frozen=True)
class Course:
    """A course as one date knows it; `prices` and `units` by month where they differ."""

    course_id: str = "1"
    account_id: str = "A"
    status: str = "GRANTED"
    first: int = 1
    last: int = 12
    prices: dict[int, int] = field(default_factory=dict)
    units: dict[int, int] = field(default_factory=dict)
    posted: dict[int, int] = field(default_factory=lambda: dict.fromkeys(range(1, 5), 100))
    frequency: str = "MONTHLY"
    is_held: bool = False
    is_stale: bool = False
    displaces: int = 0
    is_current: bool = True
    case: str = ""

    def state(self, as_of: date) -> dict[str, Any]:
        return {
            "observed_on": as_of,
            "course_id": self.case + self.course_id,
            "appropriation_id": self.case,
            "activity_no": "015200",
            "course_type": "MAIN",
            "account_id": self.account_id,
            "status": self.status,
            "is_current": self.is_current,
            "is_fictive": False,
            "payment_frequency": self.frequency,
            "units": max(self.units.values(), default=1),
            "start_on": date(2022, self.first, 1),
            "end_on": date(2022, self.last, 1),
            "month_dkk": max(self.prices.values(), default=100),
        }

    def components(self, as_of: date) -> Iterator[dict[str, Any]]:
        months = {*range(self.first, self.last + 1), *self.posted}
        for month in sorted(months):
            day = date(2022, month, 1)
            is_planned = self.is_current and self.first <= month <= self.last
            price = self.prices.get(month, 100) * self.units.get(month, 1) if is_planned else 0
            posted = self.posted.get(month, 0)
            left = (max if price >= 0 else min)(price - posted, 0) if self.status == "GRANTED" else 0
            to_come = day > as_of
            counted = left if to_come or day > as_of - timedelta(days=120) else 0
            expected = price - self.displaces if self.status == "EXPECTED" and to_come else 0
            row = {
                "month": day,
                "actual_to_date": posted,
                "accrued_unposted": 0 if to_come or self.is_held else counted,
                "committed_remaining": counted if to_come and not self.is_held else 0,
                "price_hold_dkk": counted if self.is_held else 0,
                "pipeline_weighted": 0 if self.is_stale else expected,
                "pipeline_stale": expected if self.is_stale else 0,
                "planned_dkk": price if self.status == "GRANTED" else 0,
                "allocated_dkk": posted if is_planned else 0,
                "planned_payments": int(is_planned and self.status == "GRANTED"),
                "planned_units": self.units.get(month, 1) if self.units and is_planned else None,
            }
            yield component(
                as_of, row | {"account_id": self.account_id, "course_id": self.case + self.course_id}
            )


def component(as_of: date, row: Mapping[str, Any]) -> dict[str, Any]:
    """A whole row of the observation: 0 where nothing is said, and the forecast that its parts make."""
    filled: dict[str, Any] = {name: 0 for name in MONEY if name != "budget_corrected"} | {
        "planned_payments": 0
    }
    filled |= {"observed_on": as_of, "fiscal_year": 2022, "account_id": "A"} | dict(row)
    parts = [filled[name] for name in ADDED]
    return filled | {"forecast": None if None in parts else sum(parts) - filled["spill_out"]}


def account(
    as_of: date, account_id: str = "A", method: str = "forecast_activity", **said: Any
) -> dict[str, Any]:
    row = {"account_id": account_id, "forecast_method": method, "budget_corrected": 1000}
    return component(as_of, row | said)


def fill(
    connection: duckdb.DuckDBPyConnection, components: list[dict[str, Any]], states: list[dict[str, Any]]
) -> None:
    """These observations and no others; a frame is the accounts whose ids start alike."""
    connection.execute(
        "delete from stg_control__run; insert into stg_control__run values ('2023-07-31', null)"
    )
    for table, rows in (("component", components), ("course_state", states)):
        connection.execute(f"delete from stg_control__{table}_observation")
        insert(connection, f"stg_control__{table}_observation", rows)
    accounts = sorted({row["account_id"] for row in components})
    connection.execute("delete from dim_account")
    connection.execute(
        "insert into dim_account select unnest(?::varchar[]), unnest(?::varchar[])",
        [accounts, [frame(account_id) for account_id in accounts]],
    )


def frame(account_id: str) -> str:
    return account_id[:1]


LEVELS: list[Callable[[str], str]] = [str, frame]


def bridge(
    connection: duckdb.DuckDBPyConnection, previous_as_of: date = MAY, as_of: date = JUNE
) -> list[dict[str, Any]]:
    """The bridge's rows between two dates, as the command asks for them."""
    connection.execute(
        f"set variable bridge_from = date '{previous_as_of}'; set variable bridge_to = date '{as_of}'"
    )
    result = connection.execute("from int_overrun__bridge")
    names = [column[0] for column in result.description or []]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def assert_exact(
    rows: list[dict[str, Any]],
    components: list[dict[str, Any]],
    previous_as_of: date = MAY,
    as_of: date = JUNE,
) -> None:
    """Exact to the øre on each row; and the rows are what the dates say of each account and of each frame."""
    for row in rows:
        assert (row["previous_as_of"], row["as_of"]) == (previous_as_of, as_of)
        assert row["frame_id"] == frame(row["account_id"])
        assert row["change"] == total([row[part] for part in PARTS]), row
        assert row["change"] is None or row["change"] == row["forecast"] - row["forecast_previous"]
    keys = [(row["fiscal_year"], row["account_id"], row["course_id"]) for row in rows]
    assert len(keys) == len(set(keys))

    said = {day: [row for row in components if row["observed_on"] == day] for day in (previous_as_of, as_of)}
    years = set.intersection(*({row["fiscal_year"] for row in said[day]} for day in said))
    for day, column in ((previous_as_of, "forecast_previous"), (as_of, "forecast")):
        here = [row for row in said[day] if row["fiscal_year"] in years]
        for level in LEVELS:
            stated, bridged = sums(here, "forecast", level), sums(rows, column, level)
            assert {key: bridged.get(key, 0) for key in stated} == stated
            assert {key for key in bridged.keys() - stated.keys() if bridged[key] != 0} == set()


def total(amounts: list[Any]) -> Any:
    return None if None in amounts else sum(amounts)


def sums(rows: list[dict[str, Any]], column: str, level: Callable[[str], str]) -> dict[tuple[int, str], Any]:
    """By year and account or frame; unknown where one of the amounts is."""
    found: dict[tuple[int, str], list[Any]] = defaultdict(list)
    for row in rows:
        found[row["fiscal_year"], level(row["account_id"])].append(row[column])
    return {key: total(amounts) for key, amounts in found.items()}


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with open_bridge() as opened:
        yield opened


def plan(months: range, price: int) -> dict[int, int]:
    return dict.fromkeys(months, price)


COURSE = Course()
MAY_POSTED = COURSE.posted | {5: 100}
FROM_JULY = range(7, 13)
CAUSES: dict[str, tuple[list[Course], list[Course], dict[str, int]]] = {
    "nothing": ([COURSE], [COURSE], {}),
    "posted as planned": ([COURSE], [replace(COURSE, posted=MAY_POSTED)], {}),
    "a course that starts in July": ([], [replace(COURSE, first=7, posted={})], {"new_courses": 600}),
    # March is past the window and never counted; April and May are late
    "a course that started in March": (
        [],
        [replace(COURSE, first=3, posted={})],
        {"late_registration": 200, "new_courses": 700},
    ),
    "a late course whose old months are posted": (
        [],
        [replace(COURSE, posted=dict.fromkeys(range(1, 6), 100))],
        {"late_registration": 500, "new_courses": 700},
    ),
    "a new expected course": ([], [Course(status="EXPECTED", first=7, posted={})], {"new_courses": 600}),
    "expected became granted, dearer": (
        [Course(status="EXPECTED", first=7, posted={})],
        [Course(first=7, posted={}, prices=plan(FROM_JULY, 110))],
        {"expected_became_granted": 60},
    ),
    "a stale expectation was granted": (
        [Course(status="EXPECTED", first=3, posted={}, is_stale=True)],
        [Course(first=7, posted={})],
        {"expected_became_granted": 600},
    ),
    "an adjustment with an id of its own was granted as expected": (
        [
            COURSE,
            Course("2", status="EXPECTED", first=7, posted={}, prices=plan(FROM_JULY, 130), displaces=100),
        ],
        [replace(COURSE, prices=plan(FROM_JULY, 130))],
        {},
    ),
    "the same, dearer than expected": (
        [
            COURSE,
            Course("2", status="EXPECTED", first=7, posted={}, prices=plan(FROM_JULY, 130), displaces=100),
        ],
        [replace(COURSE, prices=plan(FROM_JULY, 140))],
        {"expected_became_granted": 60},
    ),
    "an adjustment was given up": (
        [
            COURSE,
            Course("2", status="EXPECTED", first=7, posted={}, prices=plan(FROM_JULY, 130), displaces=100),
        ],
        [COURSE],
        {"ended_or_shortened": -180},
    ),
    "an expected month passed": (
        [Course(status="EXPECTED", first=6, posted={})],
        [Course(status="EXPECTED", first=6, posted={})],
        {"accruals_dropped": -100},
    ),
    "an expectation went stale": (
        [Course(status="EXPECTED", first=7, posted={})],
        [Course(status="EXPECTED", first=7, posted={}, is_stale=True)],
        {"accruals_dropped": -600},
    ),
    "ended in August": ([COURSE], [replace(COURSE, last=8)], {"ended_or_shortened": -400}),
    "deleted": ([COURSE], [replace(COURSE, is_current=False)], {"ended_or_shortened": -800}),
    # what is posted stays: the plan's end takes back no money
    "ended in February, posted till April": (
        [COURSE],
        [replace(COURSE, last=2)],
        {"ended_or_shortened": -800},
    ),
    "ended, and the invoice came nevertheless": (
        [COURSE],
        [replace(COURSE, last=4, posted=MAY_POSTED)],
        {"ended_or_shortened": -800, "posted_against_plan": 100},
    ),
    "prolonged by two months": ([replace(COURSE, last=8)], [replace(COURSE, last=10)], {"prolonged": 200}),
    "found to have run on": (
        [replace(COURSE, last=4)],
        [replace(COURSE, last=8)],
        {"late_registration": 100, "prolonged": 300},
    ),
    "dearer from July": ([COURSE], [replace(COURSE, prices=plan(FROM_JULY, 110))], {"price": 60}),
    # of the months that are posted at the old price only April is still within the window
    "dearer from February": (
        [COURSE],
        [replace(COURSE, prices=plan(range(2, 5), 110))],
        {"price": 10},
    ),
    "more units": (
        [replace(COURSE, units=plan(range(1, 13), 1))],
        [replace(COURSE, units=plan(range(1, 7), 1) | plan(FROM_JULY, 3))],
        {"service_level": 1200},
    ),
    "more units at another price": (
        [replace(COURSE, units=plan(range(1, 13), 1))],
        [replace(COURSE, units=plan(range(1, 7), 1) | plan(FROM_JULY, 3), prices=plan(FROM_JULY, 90))],
        {"service_level": 1200, "price": -180},
    ),
    "another frequency": (
        [COURSE],
        [replace(COURSE, frequency="WEEKLY", prices=plan(FROM_JULY, 120))],
        {"service_level": 120},
    ),
    "posted dearer than planned": (
        [COURSE],
        [replace(COURSE, posted=COURSE.posted | {5: 130})],
        {"posted_against_plan": 30},
    ),
    # what is left of May is still accrued
    "posted in part": ([COURSE], [replace(COURSE, posted=COURSE.posted | {5: 70})], {}),
    "an accrual lapsed": (
        [replace(COURSE, posted=plan(range(3, 5), 100) | {1: 100})],
        [replace(COURSE, posted=plan(range(3, 5), 100) | {1: 100})],
        {"accruals_dropped": -100},
    ),
    "a posting was reversed after the window": (
        [COURSE],
        [replace(COURSE, posted=plan(range(2, 5), 100))],
        {"corrections_of_errors": -100},
    ),
    "a reversed posting is awaited again": ([COURSE], [replace(COURSE, posted=plan(range(1, 4), 100))], {}),
    "a price was held": ([COURSE], [replace(COURSE, is_held=True)], {"corrections_of_errors": -800}),
    "a price was released": ([replace(COURSE, is_held=True)], [COURSE], {"corrections_of_errors": 800}),
    "a wrong price was put right": (
        [replace(COURSE, is_held=True, prices=plan(range(1, 13), 100_000))],
        [COURSE],
        {"corrections_of_errors": 800},
    ),
    "a new course whose price is held": ([], [Course(first=7, posted={}, is_held=True)], {}),
    "an own contribution that grew": (
        [replace(COURSE, posted={}, first=6, prices=plan(range(1, 13), -100))],
        [replace(COURSE, posted={}, first=6, prices=plan(range(1, 7), -100) | plan(FROM_JULY, -110))],
        {"price": -60},
    ),
    "prolonged, dearer and posted dearer": (
        [replace(COURSE, last=8)],
        [replace(COURSE, last=10, prices=plan(range(7, 11), 110), posted=COURSE.posted | {5: 130})],
        {"prolonged": 220, "price": 20, "posted_against_plan": 30},
    ),
}


def test_each_cause_lands_in_its_own_part(connection: duckdb.DuckDBPyConnection) -> None:
    """Every case is an account and an appropriation of its own, in one bridge."""
    components, states = [], []
    for name, (before, now, _) in CAUSES.items():
        for as_of, courses in ((MAY, before), (JUNE, now)):
            here = [replace(course, case=name, account_id=name) for course in courses]
            components += [
                account(as_of, name),
                *(row for course in here for row in course.components(as_of)),
            ]
            states += [course.state(as_of) for course in here]
    fill(connection, components, states)
    rows = bridge(connection)
    assert_exact(rows, components)
    found: dict[str, dict[str, Decimal]] = {name: {} for name in CAUSES}
    for row in rows:
        for part in PARTS:
            found[row["account_id"]][part] = found[row["account_id"]].get(part, Decimal(0)) + row[part]
    landed = {
        name: {part: amount for part, amount in parts.items() if amount} for name, parts in found.items()
    }
    assert landed == {name: expected for name, (_, _, expected) in CAUSES.items()}


def test_a_course_that_moved_is_a_correction_of_both_accounts(connection: duckdb.DuckDBPyConnection) -> None:
    """What is posted stays where it is; the price that rose meanwhile is the new account's."""
    moved = [row | {"account_id": "B"} for row in replace(COURSE, posted={}, first=5).components(JUNE)]
    dearer = [
        component(JUNE, row | {"committed_remaining": 110, "planned_dkk": 110})
        if row["month"] == date(2022, 12, 1)
        else row
        for row in moved
    ]
    posted = [component(JUNE, row | {"account_id": "A"}) for row in replace(COURSE, last=4).components(JUNE)]
    components = [account(MAY), account(JUNE), account(JUNE, "B"), *COURSE.components(MAY), *dearer, *posted]
    states = [COURSE.state(MAY), COURSE.state(JUNE) | {"account_id": "B"}]
    fill(connection, components, states)
    rows = bridge(connection)
    assert_exact(rows, components)
    found = {(row["account_id"], part): row[part] for row in rows for part in PARTS if row[part]}
    assert found == {
        ("A", "corrections_of_errors"): -800,
        ("B", "corrections_of_errors"): 800,
        ("B", "price"): 10,
    }


def test_what_no_course_carries_stands_on_the_accounts_row(connection: duckdb.DuckDBPyConnection) -> None:
    """Experience is part of method; an account without courses has one part; an unknown forecast has no change."""
    components = [
        account(MAY, net_inflow=50, actual_to_date=10),
        account(JUNE, net_inflow=30, actual_to_date=15, budget_corrected=1100),
        account(MAY, "B", method="straight_line", method_dkk=100, actual_to_date=20),
        account(JUNE, "B", method="straight_line", method_dkk=90, actual_to_date=40),
        account(MAY, "C", method="forecast_straight_line", method_dkk=5),
        account(JUNE, "C", method="forecast_activity"),
        account(MAY, "D", method="budget", method_dkk=None),
        account(JUNE, "D", method="budget", method_dkk=7),
    ]
    fill(connection, components, [])
    rows = {row["account_id"]: row for row in bridge(connection)}
    assert_exact(list(rows.values()), components)
    found = {(key, part): row[part] for key, row in rows.items() for part in PARTS if row[part]}
    assert found == {
        ("A", "posted_against_plan"): 5,
        ("A", "method"): -20,
        ("B", "accounts_without_courses"): 10,
        ("C", "method"): -5,
    }
    assert (rows["A"]["experience"], rows["C"]["experience"]) == (-20, 0)
    assert rows["A"]["budget_change"] == 100
    assert (rows["D"]["forecast_previous"], rows["D"]["change"], rows["D"]["method"]) == (None, None, None)


def test_a_year_that_only_one_date_knows_is_not_bridged(connection: duckdb.DuckDBPyConnection) -> None:
    components = [account(MAY), account(JUNE) | {"fiscal_year": 2023}]
    fill(connection, components, [])
    assert bridge(connection) == []


POPULATIONS = [f"{population:02}" for population in range(20)]


def random_tables(
    dice: random.Random, dates: list[date]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Whatever the dates could say of each population's few courses on its two accounts, likely or not."""
    components, states = [], []
    for population, as_of in itertools.product(POPULATIONS, dates):
        # as many at each date
        for course in [None, *(f"{population}{course}" for course in range(int(population) % 7))]:
            if course and dice.random() < 0.8:
                states.append(random_state(dice, as_of, population, course))
            for year, account_id in itertools.product((as_of.year - 1, as_of.year), "AB"):
                months: list[int | None] = [None] * (dice.random() < 0.95)
                if course:
                    months = [dice.randint(1, 12) for _ in range(dice.randrange(3))]
                for month in dict.fromkeys(months):
                    row: dict[str, Any] = {name: money(dice) for name in MONEY if name != "forecast"}
                    row |= {"fiscal_year": year, "account_id": population + account_id, "course_id": course}
                    row["month"] = month and date(dice.choice([year, year, year - 1]), month, 1)
                    row["planned_payments"] = dice.randrange(4)
                    row["planned_units"] = dice.choice([None, 0, 1, 2])
                    if course:
                        row["net_inflow"] = row["method_dkk"] = Decimal(0)
                    else:
                        row["forecast_method"] = dice.choice(METHODS)
                        if dice.random() < 0.05:
                            row["method_dkk"] = None
                    components.append(component(as_of, row))
    return components, states


def money(dice: random.Random) -> Decimal:
    return Decimal(dice.choice([0, 0, 0, 10_000, -10_000, dice.randint(-(10**7), 10**7)])) / 100


def random_state(dice: random.Random, as_of: date, population: str, course: str) -> dict[str, Any]:
    def some_day() -> date | None:
        return dice.choice([None, as_of + timedelta(days=dice.randrange(-300, 300))])

    return {
        "observed_on": as_of,
        "course_id": course,
        "appropriation_id": population + dice.choice("abc"),
        "activity_no": "1",
        "course_type": dice.choice(["MAIN", "MAIN", "SUPPLEMENTARY"]),
        "account_id": dice.choice([population + "A", population + "B", None]),
        "status": dice.choice(["GRANTED", "GRANTED", "EXPECTED", "DRAFT"]),
        "is_current": dice.choice([True, True, False, None]),
        "is_fictive": dice.choice([False, False, True]),
        "payment_frequency": dice.choice(["MONTHLY", "WEEKLY", None]),
        "units": dice.choice([None, 1, 2]),
        "start_on": some_day(),
        "end_on": some_day(),
        "first_planned_on": some_day(),
        "granted_on": some_day(),
        "month_dkk": dice.choice([None, Decimal(100), Decimal(110)]),
    }


@settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
@given(
    seed=st.integers(0, 2**32),
    dates=st.lists(st.dates(date(2021, 11, 1), date(2023, 3, 31)), min_size=3, max_size=3, unique=True),
)
def test_the_parts_are_the_change_whatever_the_dates_say(
    connection: duckdb.DuckDBPyConnection, seed: int, dates: list[date]
) -> None:
    """Random populations on random dates, any two of which are bridged; DuckDB plans longer than it computes, so that
    an example is twenty populations in one bridge."""
    components, states = random_tables(random.Random(seed), dates)
    fill(connection, components, states)
    for previous_as_of, as_of in itertools.combinations(sorted(dates), 2):
        assert_exact(bridge(connection, previous_as_of, as_of), components, previous_as_of, as_of)
