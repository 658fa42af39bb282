"""Random purchases, decisions and postings: each krone is in one row, nets are sums, shares are of 100 per cent."""

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rendered import fill, warehouse

AS_OF = date(2022, 6, 30)
MONEY = "DECIMAL(18,2)"
money = st.decimals(-100_000, 1_000_000, places=2)
cost = st.decimals(0, 1_000_000, places=2)

agreements = warehouse(
    {
        "stg_control__run": "as_of DATE",
        "stg_reference__price_index": "fiscal_year INTEGER, change_pct DECIMAL(9,4)",
        "stg_plan__purchase_agreement": (
            "extract_date DATE, agreement_no VARCHAR, provider_id VARCHAR, activity_no VARCHAR, valid_from DATE, "
            f"valid_to DATE, notice_months INTEGER, price_regulation VARCHAR, agreed_price_day_dkk {MONEY}"
        ),
        "int_review__price_change": (
            "provider_id VARCHAR, activity_no VARCHAR, effective_on DATE, units DECIMAL(18,4), "
            "old_price DECIMAL(18,8), new_price DECIMAL(18,8)"
        ),
        "int_agreement__segment": (
            f"provider_id VARCHAR, activity_no VARCHAR, courses_running BIGINT, cost_year_dkk {MONEY}, "
            f"full_year_dkk {MONEY}, month_days BIGINT, month_dkk {MONEY}, others_price_day_dkk {MONEY}"
        ),
    },
    "mart_agreement",
)
consequences = warehouse(
    {
        "stg_control__run": "as_of DATE",
        "stg_reference__frame": "frame_id VARCHAR, is_fallback BOOLEAN",
        "dim_course": "course_id VARCHAR",
        "mart_commitments": (
            f"course_id VARCHAR, fiscal_year INTEGER, posted_dkk {MONEY}, accrued_unposted {MONEY}, "
            f"committed_remaining {MONEY}, full_year_effect {MONEY}"
        ),
        "stg_plan__decision_consequence": (
            "extract_date DATE, decision_no VARCHAR, decision_title_da VARCHAR, decided_on DATE, "
            "department_da VARCHAR, frame_id VARCHAR, account_id VARCHAR, course_ids VARCHAR, "
            f"fiscal_year INTEGER, effect_dkk {MONEY}, probability_pct DECIMAL(18,4)"
        ),
    },
    "mart_consequence",
)
schools = warehouse(
    {
        "stg_control__run": "as_of DATE",
        "int_school_placement__posting": (
            "month DATE, provider_id VARCHAR, course_id VARCHAR, side VARCHAR, is_teaching BOOLEAN, "
            f"amount_dkk {MONEY}"
        ),
    },
    "mart_school_placement",
)

activities = st.sampled_from("12")
segments = st.dictionaries(
    st.tuples(st.sampled_from("PQ"), activities),
    st.tuples(
        st.integers(0, 9), cost, cost, st.integers(0, 300), cost, st.none() | st.decimals(1, 9_000, places=2)
    ),
    max_size=4,
)
lists = st.lists(
    st.tuples(
        st.sampled_from("PQR"),
        st.none() | activities,
        st.dates(date(2020, 1, 1), date(2023, 1, 1)),
        st.none() | st.integers(0, 900),
        st.none() | st.integers(0, 24),
        st.sampled_from(["INDEX", "FIXED", None]),
        st.none() | st.decimals(1, 9_000, places=2),
    ),
    max_size=6,
)


@settings(max_examples=100, deadline=None)
@given(segments=segments, lists=lists)
def test_each_purchase_is_in_one_row(
    segments: dict[tuple[str, str], tuple[Any, ...]], lists: list[tuple[Any, ...]]
) -> None:
    fill(
        agreements,
        {
            "stg_control__run": [(AS_OF,)],
            "stg_reference__price_index": [(2021, Decimal("1.5")), (2022, Decimal("1.7"))],
            "stg_plan__purchase_agreement": [
                (
                    AS_OF,
                    f"A{no}",
                    who,
                    activity,
                    begun,
                    None if days is None else begun + timedelta(days),
                    *rest,
                )
                for no, (who, activity, begun, days, *rest) in enumerate(lists)
            ],
            "int_agreement__segment": [(*key, *figures) for key, figures in segments.items()],
        },
    )
    [total] = agreements.execute(
        "select coalesce(sum(courses_running), 0), coalesce(sum(cost_year_dkk), 0), coalesce(sum(full_year_dkk), 0) "
        "from mart_agreement"
    ).fetchall()
    assert total == tuple(sum((row[n] for row in segments.values()), start=0) for n in range(3))
    shown = agreements.execute(
        "select rank_no, agreement_no, status, full_year_dkk, over_price_dkk, last_notice_on, expires_on "
        "from mart_agreement order by rank_no"
    ).fetchall()
    assert [row[0] for row in shown] == list(range(1, len(shown) + 1))
    assert sorted(row[1] for row in shown if row[1]) == [f"A{no}" for no in range(len(lists))]
    for _, agreement, status, full_year, over_price, notice, expires in shown:
        assert (agreement is None) == (status == ("no_agreement" if lists else "not_delivered"))
        # a whole year's cost above a better price is never more than it all, but for an øre an activity
        assert 0 <= over_price <= full_year + Decimal("0.02")
        assert notice is None or notice <= expires
    over = [row[4] for row in shown]
    assert over == sorted(over, reverse=True)


registers = st.dictionaries(
    st.tuples(
        st.sampled_from(["B1", "B2"]), st.sampled_from(["Børn", "Skole", "Job"]), st.integers(2021, 2024)
    ),
    st.tuples(
        st.sampled_from(["30.46", "UDEN", "40.10", None]),
        st.none() | st.lists(st.sampled_from("1239"), min_size=1, max_size=4).map(", ".join),
        money,
        st.integers(0, 100),
    ),
    max_size=12,
)
commitments = st.lists(
    st.tuples(st.sampled_from("123"), st.integers(2021, 2023), money, money, money, money), max_size=8
)


@settings(max_examples=100, deadline=None)
@given(register=registers, commitments=commitments)
def test_the_net_is_the_sum_of_the_departments(
    register: dict[tuple[str, str, int], tuple[Any, ...]], commitments: list[tuple[Any, ...]]
) -> None:
    fill(
        consequences,
        {
            "stg_control__run": [(AS_OF,)],
            "stg_reference__frame": [("30.46", False), ("30.46", False), ("UDEN", True)],
            "dim_course": [("1",), ("2",), ("3",)],
            "mart_commitments": commitments,
            "stg_plan__decision_consequence": [
                (AS_OF, decision, None, AS_OF, department, frame, None, courses, year, effect, probability)
                for (decision, department, year), (frame, courses, effect, probability) in register.items()
            ],
        },
    )
    cost_of: dict[tuple[str, int], Decimal] = defaultdict(Decimal)
    for course, year, *parts in commitments:
        cost_of[course, year] += sum(parts)
    effects: dict[tuple[str, int], list[Decimal]] = defaultdict(lambda: [Decimal(), Decimal(), Decimal()])
    reconciled: dict[tuple[str, int], Decimal] = defaultdict(Decimal)
    found = consequences.execute(
        "select decision_no, department_da, fiscal_year, effect_dkk, expected_dkk, own_effect_dkk, "
        "others_effect_dkk, net_effect_dkk, net_expected_dkk, courses_cost_dkk, net_reconciled_dkk "
        "from mart_consequence"
    ).fetchall()
    assert {row[:3] for row in found} == register.keys()
    for decision, department, year, effect, expected, *_, courses_cost, _ in found:
        frame, courses, _, probability = register[decision, department, year]
        assert abs(expected - effect * probability / 100) <= Decimal("0.005")
        effects[decision, year][0] += effect if frame == "30.46" else 0
        effects[decision, year][1] += effect
        effects[decision, year][2] += expected
        named = set(courses.split(", ")) if courses else set()
        known = named - {"9"} and year <= 2023
        assert courses_cost == (sum(cost_of[course, year] for course in named) if known else None)
        reconciled[decision, year] += expected if courses_cost is None else courses_cost
    for decision, _, year, _, _, own, others, net, net_expected, _, net_reconciled in found:
        own_sum, net_sum, expected_sum = effects[decision, year]
        assert (own, others, net) == (own_sum, net_sum - own_sum, net_sum)
        assert (net_expected, net_reconciled) == (expected_sum, reconciled[decision, year])


postings = st.lists(
    st.tuples(
        st.sampled_from([date(2021, 12, 1), date(2022, 1, 1), date(2022, 2, 1)]),
        st.sampled_from("PQ"),
        st.sampled_from(["1", "2", None]),
        st.sampled_from(["school", "social"]),
        st.booleans(),
        money.filter(bool),
    ),
    max_size=20,
)


@settings(max_examples=100, deadline=None)
@given(postings=postings)
def test_both_sides_tie_and_shares_are_of_all(postings: list[tuple[Any, ...]]) -> None:
    fill(schools, {"stg_control__run": [(AS_OF,)], "int_school_placement__posting": postings})
    found = schools.execute(
        "select month, provider_id, course_id, social_dkk, school_dkk, social_share_pct, school_share_pct, "
        "provider_social_dkk, provider_school_dkk, provider_social_share_pct, provider_school_share_pct "
        "from mart_school_placement"
    ).fetchall()
    assert sum((row[3] + (row[4] or 0) for row in found), start=Decimal()) == sum(
        (row[-1] for row in postings), start=Decimal()
    )
    billed = {(who, course, month.year) for month, who, course, side, *_ in postings if side == "school"}
    for month, who, course, social, school, social_pct, school_pct, *provider in found:
        assert (school is not None) == ((who, course, month.year) in billed)
        assert (provider[1] is not None) == any(
            (who, any_course, month.year) in billed for any_course in ("1", "2", None)
        )
        for own, schools_own, own_pct, schools_pct in (
            (social, school, social_pct, school_pct),
            tuple(provider),
        ):
            if schools_pct is None:
                assert own_pct is None
            else:
                assert own_pct + schools_pct == 100
                assert abs(schools_pct - 100 * schools_own / (own + schools_own)) <= Decimal("0.005")
