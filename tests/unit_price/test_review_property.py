"""Double measures, the review list's statistics and price changes against counts by hand on random data.

The counts by hand walk through every day and payment, which the models must not, and calculate with fractions. All data
here are synthetic.
"""

from __future__ import annotations

import calendar
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import combinations, pairwise
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rendered import fill, warehouse

AS_OF = date(2022, 6, 15)
YEAR_END = date(2022, 12, 31)
OPEN = date(2040, 12, 31)
ONE_DAY = timedelta(days=1)

DOUBLE_TABLES = {
    "stg_control__run": "as_of date",
    "stg_reference__gap_rule": "rule_id varchar, threshold_days integer",
    "dim_section": "section_id varchar, exclusive_group varchar",
    "dim_course": "course_id varchar, start_on date",
    "int_bos__course": (
        "course_id varchar, child_key varchar, course_type varchar, status varchar, is_current boolean, "
        "is_fictive boolean, start_on date, section_id varchar, activity_no varchar, "
        "provider_id varchar, price_dkk decimal(18, 2)"
    ),
    "int_bos__activity": "course_id varchar, start_on date, end_on date",
    "fct_course_month": "course_id varchar, month date, planned_dkk decimal(18, 2)",
}
DOUBLE_MODELS = [
    "int_bos__course_span",
    "int_bos__course_overlap_interval",
    "int_bos__course_overlap",
    "int_review__double_month",
]
DAYS = st.integers(0, 320).map(lambda number: date(2021, 11, 20) + timedelta(days=number))
ACTIVITIES = st.lists(
    st.tuples(DAYS, st.one_of(st.none(), st.integers(0, 200).map(lambda days: timedelta(days=days)))),
    min_size=1,
    max_size=3,
)
CHILDREN = st.lists(
    st.lists(st.tuples(st.sampled_from(["home", "family", "support"]), ACTIVITIES), min_size=2, max_size=4),
    min_size=1,
    max_size=2,
)


def money(amount: Fraction | Decimal) -> Decimal:
    """To the øre, half away from zero."""
    ore = Fraction(amount) * 100
    return Decimal(int(abs(ore) + Fraction(1, 2))) / 100 * (1 if ore >= 0 else -1)


def month_of(day: date) -> date:
    return day.replace(day=1)


def days_between(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += ONE_DAY


@pytest.fixture(scope="module")
def double_warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = warehouse(DOUBLE_TABLES, *DOUBLE_MODELS)
    yield connection
    connection.close()


@dataclass
class Course:
    """A random main course: its child, section, days to the year's end, and planned money by month."""

    course_id: str
    child_key: str
    section_id: str
    activities: list[tuple[date, timedelta | None]]
    planned: dict[date, Decimal] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.begun = min(start for start, _ in self.activities)
        self.days = {
            day
            for start, length in self.activities
            for day in days_between(start, YEAR_END if length is None else min(start + length, YEAR_END))
        }
        self.length = Counter(map(month_of, self.days))
        self.measure = "support" if self.section_id == "support" else "placement"

    def price(self) -> Fraction:
        """The cost of a day over the months that have any; below every other where none has."""
        paid = [month for month, amount in self.planned.items() if amount]
        total = sum((Fraction(self.planned[month]) for month in paid), Fraction(0))
        return total / sum(self.length[month] for month in paid) if paid else Fraction(-1)

    def rank(self) -> tuple[Fraction, date, str]:
        """The dearest first, of equals the one that began first."""
        return -self.price(), self.begun, self.course_id

    def cost(self, part: set[date], month: date) -> Decimal:
        return money(Fraction(self.planned[month]) * len(part) / self.length[month])


Pair = tuple[Course, Course]


def is_pair(one: Course, other: Course) -> bool:
    """Two of one child that exclude each other, or two supports for the 14 days of rule C11 at least."""
    shared = sum(day <= AS_OF for day in one.days & other.days)
    is_alike = one.child_key == other.child_key and one.measure == other.measure
    return is_alike and shared >= (14 if one.measure == "support" else 1)


def double_months_by_hand(pairs: list[Pair]) -> dict[tuple[str, str, date], dict[str, Any]]:
    """int_review__double_month, day by day."""
    ranks = {course.course_id: course.rank() for pair in pairs for course in pair}

    def by_rank(courses: Pair) -> list[tuple[Fraction, date, str]]:
        return sorted(ranks[course.course_id] for course in courses)

    expected = {}
    for pair in pairs:
        first, second = sorted(pair, key=lambda course: (course.begun, course.course_id))
        dearer, doubled = sorted(pair, key=Course.rank)
        group = [p for p in pairs if (p[0].child_key, p[0].measure) == (first.child_key, first.measure)]
        at_once = {
            day: [by_rank(p) for p in group if day in p[0].days and day in p[1].days]
            for day in first.days & second.days
        }
        for month in {month_of(day) for day in at_once}:
            shared = {day for day in at_once if month_of(day) == month}
            to_date = {day for day in shared if day <= AS_OF}
            with_dearest = {day for day in shared if dearer.rank() == min(at_once[day])[0]}
            two_dearest = {day for day in shared if by_rank(pair) == min(at_once[day])}
            doubled_dkk = doubled.cost(with_dearest & to_date, month)
            expected[first.course_id, second.course_id, month] = {
                "doubled_course_id": doubled.course_id,
                "overlap_days": len(to_date),
                "child_days": len(two_dearest & to_date),
                "cost_dkk": first.cost(to_date, month),
                "other_cost_dkk": second.cost(to_date, month),
                "doubled_dkk": doubled_dkk,
                "doubled_rest_dkk": doubled.cost(with_dearest, month) - doubled_dkk,
            }
    return expected


@given(children=CHILDREN, data=st.data())
@settings(max_examples=60, deadline=None)
def test_double_measures_equal_the_count_by_hand(
    double_warehouse: duckdb.DuckDBPyConnection, children: list[Any], data: st.DataObject
) -> None:
    courses = [
        Course(f"c{child_no}{number}", f"child{child_no}", section_id, activities)
        for child_no, drawn in enumerate(children)
        for number, (section_id, activities) in enumerate(drawn)
    ]
    for course in courses:
        for month in sorted(course.length):
            course.planned[month] = Decimal(data.draw(st.integers(0, 10**6))) / 100
    fill(
        double_warehouse,
        {
            "stg_control__run": [(AS_OF,)],
            "stg_reference__gap_rule": [("C11", 14)],
            "dim_section": [("home", "placement"), ("family", "placement"), ("support", None)],
            "dim_course": [(course.course_id, course.begun) for course in courses],
            "int_bos__course": [
                (
                    *(course.course_id, course.child_key, "MAIN", "GRANTED", True, False, course.begun),
                    *(course.section_id, "1", "p", None),
                )
                for course in courses
            ],
            "int_bos__activity": [
                (course.course_id, start, None if length is None else start + length)
                for course in courses
                for start, length in course.activities
            ],
            "fct_course_month": [
                (course.course_id, month, amount)
                for course in courses
                for month, amount in course.planned.items()
            ],
        },
    )
    pairs = [pair for pair in combinations(courses, 2) if is_pair(*pair)]
    expected = double_months_by_hand(pairs)
    names = next(iter(expected.values()), {}).keys()
    rows = records(double_warehouse, "select * from int_review__double_month")
    assert {
        (row["course_id"], row["other_course_id"], row["month"]): {name: row[name] for name in names}
        for row in rows
    } == expected
    # no day of a child twice: the days on which it has any pair of the kind, however many
    days: dict[tuple[str, bool], set[date]] = defaultdict(set)
    for one, other in pairs:
        days[one.child_key, one.measure == "placement"] |= {
            day for day in one.days & other.days if day <= AS_OF
        }
    child_days: Counter[tuple[str, bool]] = Counter()
    for row in rows:
        child_days[row["child_key"], row["exclusive_group"] is not None] += row["child_days"]
    assert child_days == Counter({key: len(found) for key, found in days.items()})


def records(connection: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    result = connection.execute(query)
    names = [column[0] for column in result.description or []]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


REVIEW_TABLES = {
    "stg_control__run": "as_of date",
    "int_unit_price__measure_interval": "activity_no varchar, child_key varchar, start_on date, end_on date",
    "int_unit_price__course": (
        "course_id varchar, section_id varchar, activity_no varchar, provider_id varchar, child_key varchar, "
        "started_on date, is_counted boolean"
    ),
    "int_bos__course_span": "course_id varchar, start_on date, end_on date",
    "int_overrun__course_state": "course_id varchar, month_dkk decimal(18, 2)",
    "dim_provider": "provider_id varchar, provider_kind varchar",
    "dim_section": "section_id varchar, review_group varchar, max_duration_months integer",
    "dim_activity": "activity_no varchar, review_group varchar, max_duration_days integer",
    "int_gap__price_hold": "course_id varchar, is_confirmed boolean",
    "fct_course_payment": (
        "course_id varchar, planned_on date, planned_dkk decimal(18, 2), left_dkk decimal(18, 2), "
        "granted_dkk decimal(18, 2), is_current boolean, is_fictive boolean"
    ),
}
PRICES = st.one_of(
    st.lists(st.integers(1, 10**7), min_size=1, max_size=25),
    # over half have one price: the median deviation is 0
    st.tuples(st.integers(1, 10**6), st.lists(st.integers(1, 10**7), max_size=6)).map(
        lambda drawn: [drawn[0]] * (len(drawn[1]) + 4) + drawn[1]
    ),
)


@pytest.fixture(scope="module")
def review_warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = warehouse(REVIEW_TABLES, "int_review__course")
    yield connection
    connection.close()


@given(ore=PRICES, held=st.integers(0, 3), stays=st.lists(st.integers(1, 2000), max_size=20))
@settings(max_examples=60, deadline=None)
def test_outliers_and_durations_equal_the_statistics_module(
    review_warehouse: duckdb.DuckDBPyConnection, ore: list[int], held: int, stays: list[int]
) -> None:
    prices = {f"c{number}": Decimal(amount) / 100 for number, amount in enumerate(ore)}
    on_hold = set(list(prices)[:held]) if len(prices) > held else set()
    # each child's stay reaches the as-of date; the others' are over
    intervals: list[tuple[object, ...]] = [("1", course_id, AS_OF, OPEN) for course_id in prices]
    intervals += [
        ("1", f"stay{number}", date(2021, 1, 1) - timedelta(days=days - 1), date(2021, 1, 1))
        for number, days in enumerate(stays)
    ]
    fill(
        review_warehouse,
        {
            **{table: [] for table in REVIEW_TABLES},
            "stg_control__run": [(AS_OF,)],
            "int_unit_price__measure_interval": intervals,
            "int_unit_price__course": [(name, "s", "1", "p", name, AS_OF, True) for name in prices],
            "int_bos__course_span": [(name, AS_OF, OPEN) for name in prices],
            "int_overrun__course_state": list(prices.items()),
            "int_gap__price_hold": [(name, False) for name in on_hold],
        },
    )
    rows = {row["course_id"]: row for row in records(review_warehouse, "select * from int_review__course")}

    group = [Fraction(amount) for name, amount in prices.items() if name not in on_hold]
    median = statistics.median(group)
    deviations = [abs(amount - median) for amount in group]
    spread = statistics.median(deviations) * Fraction("1.4826") or statistics.mean(deviations) * Fraction(
        "1.2533"
    )
    durations = [1] * len(prices) + stays
    fence = None
    if len(durations) >= 8:
        # the quartiles of the inclusive method, as quantile_cont has them
        low, _, high = statistics.quantiles(durations, n=4, method="inclusive")
        fence = high + 1.5 * (high - low)
    assert rows.keys() == prices.keys()
    for name, row in rows.items():
        assert row["is_price_on_hold"] == (name in on_hold)
        assert row["group_courses"] == len(group)
        assert row["group_median_dkk"] == money(median)
        assert abs(Fraction(row["group_spread_dkk"]) - spread) <= Fraction(6, 1000)
        if len(group) < 8 or not spread:
            assert row["robust_score"] is None
        else:
            score = (Fraction(prices[name]) - median) / spread
            assert abs(Fraction(row["robust_score"]) - score) <= Fraction(6, 1000) + abs(score) / 10**5
        assert row["duration_limit_days"] == (None if fence is None else int(fence + 1e-9))
        assert row["duration_limit_source"] == (None if fence is None else "distribution")


CHANGE_TABLES = {
    "stg_control__run": "as_of date",
    "stg_reference__price_index": "fiscal_year integer, change_pct decimal(9, 4)",
    "dim_course": (
        "course_id varchar, provider_id varchar, activity_no varchar, end_on date, is_open_ended boolean"
    ),
    "int_gap__implausible_payment": "course_payment_id varchar, course_id varchar",
    "int_gap__price_hold": "course_id varchar, is_confirmed boolean",
    "fct_course_payment": (
        "course_payment_id varchar, course_id varchar, planned_on date, granted_dkk decimal(18, 2), "
        "units decimal(18, 4), payment_cost_type varchar, payment_frequency varchar, is_current boolean, "
        "is_fictive boolean"
    ),
}
MONTHS = [date(2021 + number // 12, number % 12 + 1, 10) for number in range(7, 26)]
COURSE = st.tuples(
    st.sampled_from(["PER_UNIT", "FIXED"]),
    st.booleans(),
    # whole kroner and quarters of a unit: amounts without rounding, so that only real changes are changes
    st.lists(
        st.tuples(st.sampled_from([300, 306, 310, 350, 420]), st.integers(4, 60)), min_size=1, max_size=19
    ),
    st.integers(0, 12),
)


@pytest.fixture(scope="module")
def change_warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = warehouse(CHANGE_TABLES, "int_review__price_change", "mart_price_change")
    yield connection
    connection.close()


@given(courses=st.lists(COURSE, min_size=1, max_size=5))
@settings(max_examples=60, deadline=None)
def test_price_changes_equal_the_count_by_hand(
    change_warehouse: duckdb.DuckDBPyConnection, courses: list[Any]
) -> None:
    payments: list[tuple[object, ...]] = []
    expected: dict[tuple[str, date], dict[str, Any]] = {}
    above_first_price: dict[str, Fraction] = {}
    for number, (cost_type, is_open, drawn, skipped) in enumerate(courses):
        course_id = f"c{number}"
        # prices run for some months, as prices do
        plan = [
            (when, Decimal(price), Decimal(quarters) / 4 if cost_type == "PER_UNIT" else Decimal(1))
            for when, (price, quarters) in zip(MONTHS[skipped:], drawn, strict=False)
        ]
        for when, price, units in plan:
            shown = units if cost_type == "PER_UNIT" else None
            payments.append(
                (
                    f"{course_id}/{when}",
                    course_id,
                    when,
                    price * units,
                    shown,
                    cost_type,
                    "MONTHLY",
                    True,
                    False,
                )
            )
        years: dict[int, int] = defaultdict(int)
        for (before, old, _), (when, new, units) in pairwise(plan):
            assert before < when
            if new == old:
                continue
            years[when.year] += 1
            after = [(day, count) for day, _, count in plan if day >= when and day.year == when.year]
            total = sum((Fraction(count) for _, count in after), Fraction(0))
            to_date = sum((Fraction(count) for day, count in after if day <= AS_OF), Fraction(0))
            index: Fraction | None = Fraction(0)
            if years[when.year] == 1 and plan[0][0].year < when.year:
                index = Fraction("1.7") if when.year == 2022 else None
            change = Fraction(new - old)
            expected[course_id, when] = {
                "old_price": old,
                "new_price": new,
                "units": total,
                "effect_year_dkk": money(total * change),
                "effect_to_date_dkk": money(to_date * change),
                "index_year_dkk": None if index is None else money(total * Fraction(old) * index / 100),
                "full_year_effect_dkk": money(12 * Fraction(units) * change) if is_open else 0,
            }
        in_year = [(price, units) for when, price, units in plan if when.year == 2022]
        base = [price for when, price, _ in plan if when.year < 2022][-1:] or [
            price for price, _ in in_year[:1]
        ]
        above_first_price[course_id] = sum(
            (Fraction(units) * Fraction(price - base[0]) for price, units in in_year), Fraction(0)
        )
    fill(
        change_warehouse,
        {
            **{table: [] for table in CHANGE_TABLES},
            "stg_control__run": [(AS_OF,)],
            "stg_reference__price_index": [(2022, Decimal("1.7"))],
            "dim_course": [
                (f"c{number}", f"p{number % 2}", "1", None if is_open else AS_OF, is_open)
                for number, (_, is_open, _, _) in enumerate(courses)
            ],
            "fct_course_payment": payments,
        },
    )
    rows = records(change_warehouse, "select * from int_review__price_change")
    names = next(iter(expected.values()), {}).keys()
    found = {(row["course_id"], row["first_planned_on"]): {name: row[name] for name in names} for row in rows}
    assert found == expected
    # what the year costs above its first prices, course by course
    for course_id, amount in above_first_price.items():
        effects = [
            row["effect_year_dkk"]
            for row in rows
            if row["course_id"] == course_id and row["fiscal_year"] == 2022
        ]
        assert abs(Fraction(sum(effects, Decimal(0))) - amount) <= Fraction(len(effects), 200)
    # the providers' rows are their courses'
    marts = records(change_warehouse, "select * from mart_price_change")
    for name in ("effect_year_dkk", "effect_to_date_dkk", "full_year_effect_dkk"):
        assert sum((row[name] for row in marts), Decimal(0)) == sum((row[name] for row in rows), Decimal(0))
    for row in marts:
        assert row["month"] == month_of(row["effective_on"])
        assert row["effective_on"] <= row["month"].replace(
            day=calendar.monthrange(*row["month"].timetuple()[:2])[1]
        )
        exact = Fraction(row["units"]) * (Fraction(row["new_price"]) - Fraction(row["old_price"]))
        assert abs(Fraction(row["effect_year_dkk"]) - exact) <= Fraction(row["courses"], 100)
