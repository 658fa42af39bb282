"""Random placements, followed day by day: the flow makes its stock in every row, and each figure is the count by hand.

The count by hand asks of every child and day where the child is, which the models must not. All data here are
synthetic.
"""

from __future__ import annotations

import calendar
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from fractions import Fraction
from typing import Any, NamedTuple

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.rendered import fill, rows, warehouse

TABLES = {
    "stg_control__run": "as_of date",
    "int_bos__delivery_window": "source_system varchar, extract_date date",
    "stg_reference__age_band": "age_band varchar, from_years integer, to_years integer",
    "int_flow__child_course": (
        "course_id varchar, child_key varchar, child_birth_on date, is_placement boolean, "
        "placement_type varchar, start_on date, end_on date"
    ),
}
MODELS = [
    "int_flow__placement_stay",
    "int_flow__placement_move",
    "int_flow__placement_band",
    "int_flow__placement",
    "mart_placement_flow",
    "mart_homecoming",
]
STAY = "child_key varchar, placement_type varchar, child_birth_on date, start_on date, end_on date"
DURATION_TABLES = {
    "stg_control__run": "as_of date",
    "int_bos__delivery_window": "source_system varchar, extract_date date",
    "dim_date": "year integer",
    "stg_reference__age_band": "age_band varchar, from_years integer, to_years integer",
    "int_flow__placement_move": STAY,
    "int_flow__placement": STAY,
}
BANDS = [("young", None, 5), ("middle", 6, 17), ("grown", 18, None)]
FIRST, OPEN = date(2021, 10, 1), date(2040, 12, 31)
GAP_DAYS, LEAST_AT_RISK = 30, 5
ONE_DAY = timedelta(days=1)

Cell = tuple[date, str, str]


class Course(NamedTuple):
    """A row of int_flow__child_course; what is no placement has no type."""

    course_id: str
    child: str
    birth_on: date | None
    kind: str | None
    start_on: date
    end_on: date


class Stay(NamedTuple):
    """A child's days in one type of place, or out of home altogether (`Alle`)."""

    kind: str
    birth_on: date | None
    start_on: date
    end_on: date


@st.composite
def populations(draw: st.DrawFn) -> tuple[date, list[Course]]:
    as_of = draw(
        st.sampled_from([date(2022, 6, 30), date(2022, 7, 15), date(2023, 1, 31), date(2022, 2, 28)])
    )
    days = st.integers(0, 430).map(lambda offset: FIRST + timedelta(days=offset))
    births = st.none() | st.sampled_from(
        [date(2004, 2, 29), date(2016, 2, 29), date(2004, 5, 1), date(2016, 1, 31), date(2022, 3, 1)]
    )
    born = {child: draw(births) for child in ("k1", "k2", "k3")}
    courses: list[Course] = []
    for number in range(draw(st.integers(0, 9))):
        child = draw(st.sampled_from(sorted(born)))
        # often at a turning point: next to an earlier end, within and beyond the gap days
        ends = [course.end_on for course in courses if course.child == child and course.end_on < OPEN]
        gaps = st.sampled_from([0, 1, 2, GAP_DAYS, GAP_DAYS + 1, 182, 183])
        near = (
            st.builds(lambda end, gap: end + timedelta(days=gap), st.sampled_from(ends), gaps)
            if ends
            else days
        )
        start = draw(days | near)
        length = draw(st.sampled_from([0, 1, 20, 89, 200]) | st.integers(0, 300))
        # and on the last days of others, and where the gap days are just over and just not
        edges = [*ends, *(as_of - timedelta(days=GAP_DAYS - days_left) for days_left in (0, 1))]
        lasts = [day for day in edges if day >= start]
        end = draw(st.sampled_from([start + timedelta(days=length), *lasts]))
        end = OPEN if draw(st.integers(0, 4)) == 0 and start <= as_of else end
        kind = draw(st.sampled_from(["A", "A", "B", "C", None]))
        courses.append(Course(f"c{number}", child, born[child], kind, start, end))
    return as_of, courses


def age(birth_on: date, day: date) -> int:
    return day.year - birth_on.year - ((day.month, day.day) < (birth_on.month, birth_on.day))


def band(birth_on: date | None, day: date) -> str:
    if birth_on is None:
        return "Ukendt"
    return "young" if age(birth_on, day) < 6 else "middle" if age(birth_on, day) < 18 else "grown"


def month_of(day: date) -> date:
    return day.replace(day=1)


def month_end(month: date) -> date:
    return month.replace(day=calendar.monthrange(month.year, month.month)[1])


def whereabouts(courses: list[Course], last: date) -> dict[date, str]:
    """Where a child is on each day it is placed: of the placements of that day the one that began last."""
    found: dict[date, tuple[date, str, str]] = {}
    for course in courses:
        day = course.start_on
        while course.kind and day <= min(course.end_on, last):
            claim = (course.start_on, course.course_id, course.kind)
            found[day] = max(found.get(day, claim), claim)
            day += ONE_DAY
    return {day: claim[2] for day, claim in found.items()}


def nearest(where: dict[date, str], day: date, step: int) -> date | None:
    """The next placed day after the day, or the last before it; None beyond all of them."""
    days = (other for other in where if (other - day).days * step > 0)
    return (min if step > 0 else max)(days, default=None)


def came(where: dict[date, str], day: date) -> str:
    before = nearest(where, day, -1)
    if before is None:
        return "entries_first"
    if (day - before).days > GAP_DAYS:
        return "entries_again"
    return "entries_break" if where[before] == where[day] else "entries_other_type"


def left(where: dict[date, str], day: date, birth_on: date | None, as_of: date) -> str:
    """How the child that was placed the day before the day left."""
    last = day - ONE_DAY
    after = nearest(where, last, 1)
    if after and (after - last).days <= GAP_DAYS:
        return "exits_break" if where[after] == where[last] else "exits_other_type"
    if last + timedelta(days=GAP_DAYS) > as_of:
        return "exits_undecided"
    return "exits_adult" if birth_on and age(birth_on, day) >= 18 else "exits_home"


def events(where: dict[date, str], birth_on: date | None, as_of: date) -> Iterator[tuple[Cell, str]]:
    """What happens to a child on each day up to the as-of date, by month, type and age band."""
    day = FIRST
    while day <= as_of:
        before, here = where.get(day - ONE_DAY), where.get(day)
        month = month_of(day)
        band_before, band_here = band(birth_on, day - ONE_DAY), band(birth_on, day)
        if before and before != here:
            kind = left(where, day, birth_on, as_of)
            yield (month, before, band_before), "exits"
            yield (month, before, band_before), kind
        if here and before != here:
            yield (month, here, band_here), "entries"
            yield (month, here, band_here), came(where, day)
        if here and before == here and band_before != band_here:
            yield (month, here, band_before), "age_shifts_out"
            yield (month, here, band_here), "age_shifts_in"
        if here:
            yield (month, here, band_here), "child_days"
            if day == month_end(month):
                yield (month, here, band_here), "children_at_end"
        if before and day == month:
            yield (month, before, band_before), "children_at_start"
        day += ONE_DAY


def share_below(values: list[int], share: Fraction) -> Fraction | None:
    """The percentile, between the two values it lies between; None of nothing."""
    if not values:
        return None
    values, place = sorted(values), share * (len(values) - 1)
    low = int(place)
    high = min(low + 1, len(values) - 1)
    return values[low] + (values[high] - values[low]) * (place - low)


def survival_median(spells: list[tuple[int, int, bool]]) -> tuple[int | None, int | None]:
    """Kaplan and Meier's median of (length at the year's start, at its end, ended), and the fewest at risk up to it."""
    surviving, least = Fraction(1), None
    for length in sorted({until for _, until, is_ended in spells if is_ended}):
        risk = sum(before < length <= until for before, until, _ in spells)
        ended = sum(is_ended and until == length for _, until, is_ended in spells)
        surviving *= 1 - Fraction(ended, risk)
        least = min(risk, least or risk)
        if surviving <= Fraction(1, 2):
            return (length if least >= LEAST_AT_RISK else None), least
    return None, None


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with warehouse(TABLES, *MODELS) as memory:
        yield memory


@pytest.fixture(scope="module")
def durations() -> Iterator[duckdb.DuckDBPyConnection]:
    with warehouse(DURATION_TABLES, "mart_placement_duration") as memory:
        yield memory


def load(connection: duckdb.DuckDBPyConnection, as_of: date, courses: list[Course]) -> None:
    fill(
        connection,
        {
            "stg_control__run": [(as_of,)],
            "int_bos__delivery_window": [("bos", date(2023, 12, 31))],
            "stg_reference__age_band": list(BANDS),
            "int_flow__child_course": [
                (course.course_id, course.child, course.birth_on, course.kind is not None, *course[3:])
                for course in courses
            ],
        },
    )


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(populations())
def test_flow_and_homecomings_are_the_count_by_hand(
    connection: duckdb.DuckDBPyConnection, population: tuple[date, list[Course]]
) -> None:
    as_of, courses = population
    load(connection, as_of, courses)
    # beyond the year after it nothing is asked
    last = as_of + timedelta(days=366)
    children = {
        course.child: (course.birth_on, whereabouts([c for c in courses if c.child == course.child], last))
        for course in courses
    }
    assert_flow(rows(connection, "mart_placement_flow"), children, as_of)
    assert_homecomings(rows(connection, "mart_homecoming"), children, courses, as_of)


Children = dict[str, tuple[date | None, dict[date, str]]]


def assert_flow(found: list[dict[str, Any]], children: Children, as_of: date) -> None:
    by_hand: dict[Cell, Counter[str]] = defaultdict(Counter)
    present: dict[Cell, set[str]] = defaultdict(set)
    for child, (birth_on, where) in children.items():
        for cell, event in events(where, birth_on, as_of):
            if month_end(cell[0]) <= as_of:
                by_hand[cell][event] += 1
                if event == "child_days":
                    present[cell].add(child)
    assert {(row["month"], row["placement_type"], row["age_band"]) for row in found} == by_hand.keys()
    for row in found:
        cell = row["month"], row["placement_type"], row["age_band"]
        counts = {
            name: value for name, value in row.items() if name.startswith(("entries", "exits", "age_shifts"))
        }
        counts |= {name: row[name] for name in ("children_at_start", "children_at_end", "child_days")}
        assert counts == {name: by_hand[cell][name] for name in counts}
        assert row["children"] == len(present[cell])
        growth = row["entries"] + row["age_shifts_in"] - row["exits"] - row["age_shifts_out"]
        assert row["children_at_start"] + growth == row["children_at_end"]
    for month in {row["month"] for row in found}:
        here = [row for row in found if row["month"] == month]
        assert sum(row["age_shifts_in"] for row in here) == sum(row["age_shifts_out"] for row in here)
        placed = sum(month_end(month) in where for _, where in children.values())
        assert sum(row["children_at_end"] for row in here) == placed


def assert_homecomings(
    found: list[dict[str, Any]], children: Children, courses: list[Course], as_of: date
) -> None:
    by_hand: dict[tuple[date, str], Counter[str]] = defaultdict(Counter)
    for child, (birth_on, where) in children.items():
        for day, kind in endings(where, birth_on, as_of):
            last = day - ONE_DAY
            counts = by_hand[month_of(day), band(birth_on, last)]
            counts["placements_ended"] += 1
            counts["left_as_adult"] += kind == "exits_adult"
            if kind != "exits_home":
                continue
            counts["homecomings"] += 1
            counts["home_with_measure"] += any(
                course.child == child
                and course.kind is None
                and course.start_on <= last + timedelta(days=GAP_DAYS)
                and course.end_on >= day
                for course in courses
            )
            after = nearest(where, last, 1)
            counts["again_half_year"] += bool(after and (after - last).days <= 182)
            counts["again_year"] += bool(after and (after - last).days <= 365)
    assert {(row["month"], row["age_band"]) for row in found} == {
        key for key in by_hand if month_end(key[0]) <= as_of
    }
    for row in found:
        counts = by_hand[row["month"], row["age_band"]]
        newest = month_end(row["month"]) - ONE_DAY  # the last day of whoever leaves last in the month
        waits = dict.fromkeys(("homecomings", "left_as_adult", "home_with_measure"), GAP_DAYS)
        waits |= {"placements_ended": -1, "again_half_year": 182, "again_year": 365}
        assert {name: row[name] for name in waits} == {
            name: counts[name] if newest + timedelta(days=days) <= as_of else None
            for name, days in waits.items()
        }


def endings(where: dict[date, str], birth_on: date | None, as_of: date) -> Iterator[tuple[date, str]]:
    """The first day without a place of each placement that has ended, and how it ended."""
    for day in sorted(day + ONE_DAY for day in where if day + ONE_DAY not in where and day < as_of):
        kind = left(where, day, birth_on, as_of)
        if kind in ("exits_home", "exits_adult", "exits_undecided"):
            yield day, kind


@st.composite
def stays(draw: st.DrawFn) -> list[Stay]:
    """Stays of a few lengths, so that some end together; some are open."""
    days = st.integers(0, 800).map(lambda offset: date(2021, 1, 1) + timedelta(days=offset))
    found = []
    for _ in range(draw(st.integers(0, 30))):
        # at the turn of a year some are just as old as others get
        turn = st.sampled_from([0, 10, 50, 200]).map(lambda days: date(2022, 1, 1) - timedelta(days=days))
        start = draw(days | turn)
        length = draw(st.sampled_from([None, 1, 10, 50, 200]))
        end = start + timedelta(days=length - 1) if length else OPEN
        birth_on = draw(st.none() | st.sampled_from([date(2016, 2, 29), date(2010, 1, 1)]))
        found.append(Stay(draw(st.sampled_from("AB")), birth_on, start, end))
    return found


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from([date(2022, 6, 30), date(2022, 12, 31), date(2023, 1, 1)]),
    stays(),
    stays(),
)
def test_durations_are_the_count_by_hand(
    durations: duckdb.DuckDBPyConnection, as_of: date, in_types: list[Stay], whole: list[Stay]
) -> None:
    whole = [stay._replace(kind="Alle") for stay in whole]
    fill(
        durations,
        {
            "stg_control__run": [(as_of,)],
            "int_bos__delivery_window": [("bos", date(2023, 12, 31))],
            "dim_date": [(2020,), (2021,), (2022,), (2022,), (2023,), (2024,)],
            "stg_reference__age_band": list(BANDS),
            "int_flow__placement_move": [("child", *stay) for stay in in_types],
            "int_flow__placement": [("child", *stay) for stay in whole],
        },
    )
    groups: dict[tuple[int, str, str], list[tuple[int, int, bool]]] = defaultdict(list)
    for stay in [*in_types, *whole]:
        for year in range(2021, as_of.year + 1):
            first, until = date(year, 1, 1), min(date(year, 12, 31), as_of)
            if stay.start_on > until or stay.end_on < first:
                continue
            before = max((first - stay.start_on).days, 0)
            length = (min(stay.end_on, until) - stay.start_on).days + 1
            for name in (band(stay.birth_on, stay.start_on), "Alle"):
                groups[year, stay.kind, name].append((before, length, stay.end_on <= until))
    found = rows(durations, "mart_placement_duration")
    assert {(row["calendar_year"], row["placement_type"], row["age_band"]) for row in found} == groups.keys()
    for row in found:
        spells = groups[row["calendar_year"], row["placement_type"], row["age_band"]]
        ended = [length for _, length, is_ended in spells if is_ended]
        running = [length for _, length, is_ended in spells if not is_ended]
        assert (row["ended_stays"], row["running_stays"]) == (len(ended), len(running))
        assert row["ended_lower_quartile_days"] == share_below(ended, Fraction(1, 4))
        assert row["ended_median_days"] == share_below(ended, Fraction(1, 2))
        assert row["ended_upper_quartile_days"] == share_below(ended, Fraction(3, 4))
        assert row["running_median_days"] == share_below(running, Fraction(1, 2))
        median = row["survival_median_days"], row["survival_least_at_risk"]
        assert median == survival_median(spells)
