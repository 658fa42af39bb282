"""Random case histories, followed day by day: steps, moves and caseworkers are the count by hand.

The count by hand asks for each child and day what the last record of its newest case says. All data here are synthetic.
"""

from __future__ import annotations

import calendar
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from typing import Any, NamedTuple

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rendered import fill, rows, warehouse

TABLES = {
    "stg_control__run": "as_of date",
    "stg_bos__case_history": (
        "source_system varchar, extract_date date, row_no bigint, case_id varchar, history_id varchar, "
        "changed_at timestamp, child_key varchar, effort_step varchar, caseworker_id varchar, team_id varchar"
    ),
    "int_flow__child_course": "course_id varchar, child_key varchar, start_on date, end_on date",
}
MODELS = [
    "int_flow__case_state",
    "int_flow__child_month",
    "mart_effort_step_move",
    "mart_effort_step_month",
    "mart_caseworker_change",
]
FIRST = date(2021, 1, 1)
DELIVERIES = (date(2021, 12, 31), date(2022, 3, 31))
ONE_DAY = timedelta(days=1)
STEPS = ["Trin 1: Tidlig", "Trin 2: Forebyggelse", "Trin 3: Hjemme", None]
CHILD_OF_CASE = {"1": "k1", "2": "k1", "3": "k2", "4": None}


class Record(NamedTuple):
    """A record of the case history; `lists` are the deliveries that have it."""

    case_id: str
    no: int
    at: datetime
    step: str | None
    caseworker: str | None
    lists: tuple[date, ...]


class State(NamedTuple):
    """What is known of a child on a day: the step, the caseworker and that caseworker's team."""

    step: str
    caseworker: str | None
    team: str


class Population(NamedTuple):
    """A run's date, the records, the team of each caseworker at each delivery, and when children are helped."""

    as_of: date
    records: list[Record]
    teams: dict[tuple[date, str], str | None]
    courses: list[tuple[str, date, date]]


@st.composite
def populations(draw: st.DrawFn) -> Population:
    as_of = draw(st.sampled_from([date(2022, 3, 31), date(2022, 4, 30), date(2022, 4, 15)]))
    days = st.integers(0, 454).map(lambda offset: FIRST + timedelta(days=offset))
    # often on a day that has a record already, or the turn of a month
    few = st.sampled_from([FIRST, date(2021, 1, 31), date(2021, 2, 1), date(2022, 1, 31), date(2022, 2, 28)])
    gone = {case for case in CHILD_OF_CASE if draw(st.integers(0, 4)) == 0}
    records = []
    for no in range(draw(st.integers(0, 14))):
        case_id = draw(st.sampled_from(sorted(CHILD_OF_CASE)))
        at = datetime.combine(draw(days | few), time(draw(st.integers(0, 23))))
        lists = tuple(
            day for day in DELIVERIES if at.date() <= day and (case_id not in gone or day == DELIVERIES[0])
        )
        step, caseworker = draw(st.sampled_from(STEPS)), draw(st.sampled_from(["ann", "bo", "cia", None]))
        records.append(Record(case_id, no, at, step, caseworker, lists))
    teams = {
        (day, worker): draw(st.sampled_from(["Nord", "Syd", None]))
        for day in DELIVERIES
        for worker in ("ann", "bo", "cia")
    }
    courses = [
        (child, start, start + timedelta(days=draw(st.integers(0, 400))))
        for child in ("k1", "k2", "case:bos:4")
        for start in draw(st.lists(days | few, max_size=2))
    ]
    return Population(as_of, records, teams, courses)


def child_of(case_id: str) -> str:
    return CHILD_OF_CASE[case_id] or f"case:bos:{case_id}"


def newest(records: list[Record]) -> Record | None:
    return max(records, key=lambda record: (record.at, record.no), default=None)


def current(population: Population, delivery: date) -> dict[str, Record]:
    """The newest record of each case that the delivery lists."""
    listed = [record for record in population.records if delivery in record.lists]
    cases = {record.case_id for record in listed}
    return {case: newest([r for r in listed if r.case_id == case]) or listed[0] for case in cases}


def team_of(population: Population, worker: str | None, day: date) -> str:
    """The worker's team as the first delivery from the day on tells it, else the last before."""
    telling = [
        delivery
        for delivery in DELIVERIES
        for record in current(population, delivery).values()
        if record.caseworker == worker and worker and population.teams[delivery, worker]
    ]
    after = [delivery for delivery in telling if delivery >= day]
    best = min(after, default=max(telling, default=None))
    return (population.teams[best, worker] if best and worker else None) or "Ukendt"


def states(population: Population, child: str) -> dict[date, State]:
    """What is known of the child on each day up to the as-of date."""
    own = [r for r in population.records if r.lists and child_of(r.case_id) == child]
    opened = {case: min(r.at.date() for r in own if r.case_id == case) for case in {r.case_id for r in own}}
    found: dict[date, State] = {}
    day = FIRST
    while day <= population.as_of:
        open_cases = [case for case, since in opened.items() if since <= day]
        if open_cases:
            case = max(open_cases, key=lambda case: (opened[case], case))
            record = newest([r for r in own if r.case_id == case and r.at.date() <= day])
            assert record
            since, worker = record.at.date(), record.caseworker
            if day > since:
                found[day] = found[day - ONE_DAY]
            else:
                found[day] = State(record.step or "Ukendt", worker, team_of(population, worker, since))
        day += ONE_DAY
    return found


def month_of(day: date) -> date:
    return day.replace(day=1)


def month_end(month: date) -> date:
    return month.replace(day=calendar.monthrange(month.year, month.month)[1])


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with warehouse(TABLES, *MODELS) as memory:
        yield memory


def load(connection: duckdb.DuckDBPyConnection, population: Population) -> None:
    history: list[tuple[object, ...]] = []
    for delivery in DELIVERIES:
        now = current(population, delivery)
        for record in population.records:
            if delivery in record.lists:
                # the list says the team of the case's caseworker now, on old records too
                worker = now[record.case_id].caseworker
                team = population.teams[delivery, worker] if worker else None
                key = ("bos", delivery, len(history), record.case_id, f"{record.no:03}", record.at)
                child = CHILD_OF_CASE[record.case_id]
                history.append((*key, child, record.step, record.caseworker, team))
    fill(
        connection,
        {
            "stg_control__run": [(population.as_of,)],
            "stg_bos__case_history": history,
            "int_flow__child_course": [(str(no), *course) for no, course in enumerate(population.courses)],
        },
    )


@settings(max_examples=30, deadline=None)
@given(populations())
def test_steps_and_caseworkers_are_the_count_by_hand(
    connection: duckdb.DuckDBPyConnection, population: Population
) -> None:
    load(connection, population)
    children = {child: states(population, child) for child in ("k1", "k2", "case:bos:4")}
    assert_steps(connection, population, children)
    assert_caseworkers(rows(connection, "mart_caseworker_change"), population, children)


def is_helped(population: Population, child: str, day: date) -> bool:
    return any(who == child and start <= day <= end for who, start, end in population.courses)


def assert_steps(
    connection: duckdb.DuckDBPyConnection, population: Population, children: dict[str, dict[date, State]]
) -> None:
    moves: dict[tuple[date, str, str], list[str]] = defaultdict(list)
    stock: dict[tuple[date, str], Counter[str]] = defaultdict(Counter)
    for child, known in children.items():
        for day, state in known.items():
            month = month_of(day)
            before = known.get(day - ONE_DAY)
            if before is None:
                stock[month, state.step]["first_seen"] += 1
            elif before.step != state.step:
                moves[month, before.step, state.step].append(child)
                stock[month, before.step]["moves_out"] += 1
                stock[month, state.step]["moves_in"] += 1
            if before and day == month:
                stock[month, before.step]["children_at_start"] += 1
            if day == month_end(month):
                stock[month, state.step]["children_at_end"] += 1
                stock[month, state.step]["children_with_course_at_end"] += is_helped(population, child, day)
    whole = {key for key in moves if month_end(key[0]) <= population.as_of}
    found = {
        (row["month"], row["from_step"], row["to_step"]): row
        for row in rows(connection, "mart_effort_step_move")
    }
    assert found.keys() == whole
    for key, row in found.items():
        assert (row["moves"], row["children"]) == (len(moves[key]), len(set(moves[key])))
        expected = "unknown" if "Ukendt" in key else "up" if key[2] > key[1] else "down"
        assert row["direction"] == expected
    months = {(row["month"], row["effort_step"]): row for row in rows(connection, "mart_effort_step_month")}
    assert months.keys() == {key for key in stock if month_end(key[0]) <= population.as_of}
    for month_step, row in months.items():
        counts = {name: value for name, value in row.items() if name not in ("month", "effort_step")}
        assert counts == {name: stock[month_step][name] for name in counts}


class Change(NamedTuple):
    """A change of caseworker: to a caseworker of this team, from one of that."""

    child: str
    day: date
    team: str
    before: str


def changes_of(child: str, known: dict[date, State]) -> Iterator[Change]:
    """The changes of a child's caseworker; days without one are passed over."""
    last: State | None = None
    for day, state in sorted(known.items()):
        if state.caseworker is None:
            continue
        if last and last.caseworker != state.caseworker:
            yield Change(child, day, state.team, last.team)
        last = state


def assert_caseworkers(
    found: list[dict[str, Any]], population: Population, children: dict[str, dict[date, State]]
) -> None:
    changes = [change for child, known in children.items() for change in changes_of(child, known)]
    known_from = min((day for known in children.values() for day in known), default=None)
    year_of: dict[tuple[date, str], list[int]] = defaultdict(list)
    for child, known in children.items():
        for day, state in known.items():
            if day == month_end(day) and is_helped(population, child, day):
                year_ago = month_end(month_of(day).replace(year=day.year - 1))
                had = sum(change.child == child and year_ago < change.day <= day for change in changes)
                year_of[month_of(day), state.team].append(had)
    came = {(month_of(change.day), change.team) for change in changes}
    keys = {key for key in came | year_of.keys() if month_end(key[0]) <= population.as_of}
    assert {(row["month"], row["team_id"]) for row in found} == keys
    for row in found:
        month, team = row["month"], row["team_id"]
        here = [change for change in changes if (month_of(change.day), change.team) == (month, team)]
        kinds = Counter(
            "unknown" if "Ukendt" in (c.team, c.before) else "within" if c.team == c.before else "other"
            for c in here
        )
        assert row["changes"] == len(here)
        assert row["children_changed"] == len({change.child for change in here})
        assert row["changes_within_team"] == kinds["within"]
        assert row["changes_from_other_team"] == kinds["other"]
        assert row["changes_team_unknown"] == kinds["unknown"]
        counts = year_of[month, team]
        assert row["children"] == len(counts)
        year_ago = month_end(month.replace(year=month.year - 1))
        assert row["is_year_known"] == (known_from is not None and known_from <= year_ago + ONE_DAY)
        names = [f"children_{number}_changes" for number in range(3)]
        distribution = [row[name] for name in [*names, "children_3_or_more_changes"]]
        if row["is_year_known"]:
            assert row["changes_12_months"] == sum(counts)
            assert distribution == [
                *(counts.count(number) for number in range(3)),
                sum(count > 2 for count in counts),
            ]
            exact = Fraction(sum(counts), len(counts)) if counts else None
            assert (row["changes_per_child"] is None) == (exact is None)
            assert exact is None or abs(Fraction(row["changes_per_child"]) - exact) <= Fraction(1, 20000)
        else:
            assert {*distribution, row["changes_12_months"], row["changes_per_child"]} == {None}
