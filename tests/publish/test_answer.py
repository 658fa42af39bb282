"""Is it the number, the service level or the price: the answer in words, for what a year can hold."""

from decimal import Decimal

import pytest

from orchestration.publish import answer
from orchestration.publish.answer import Comparison, Effect
from orchestration.publish.explanation import text
from orchestration.publish.figures import Figure


def figure(value: str | None, kind: str = "money") -> Figure:
    return Figure(None if value is None else Decimal(value), kind, "mart", "sum(x)", "true")


def comparison(
    number: str = "0",
    service_level: str = "0",
    price: str = "0",
    mix: str = "0",
    levels: tuple[str | None, ...] = ("3", "2", "90", "89", "1200", "1000"),
    largest: str = "0",
) -> Comparison:
    effects = {
        ("antal", "antallet af forløb"): number,
        ("serviceniveau", "serviceniveauet"): service_level,
        ("pris", "prisen"): price,
        ("sammensætning", "sammensætningen af ydelser"): mix,
    }
    courses, courses_base, days, days_base, price_day, price_day_base = levels
    return Comparison(
        period="januar–marts 2022",
        base="de samme måneder i 2021",
        cost=figure("10000000"),
        cost_base=figure("9000000"),
        change=figure(str(sum(map(Decimal, effects.values())))),
        effects=[Effect(*names, figure(value)) for names, value in effects.items()],
        courses=figure(courses, "number"),
        courses_base=figure(courses_base, "number"),
        days_per_course=figure(days, "decimal"),
        days_per_course_base=figure(days_base, "decimal"),
        price_day=figure(price_day, "number"),
        price_day_base=figure(price_day_base, "number"),
        largest="Familiebehandling (firmaer)",
        largest_change=figure(largest),
    )


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (
            comparison(number="100000", price="900000"),
            "Det er mest prisen: udgiften i januar–marts 2022 er 10,0 mio. kr., 1,0 mio. kr. mere end de samme "
            "måneder i 2021 (antal 100.000 kr. og pris 900.000 kr.).",
        ),
        (
            comparison(number="-2000000", service_level="300000", price="500000"),
            "Det er mest antallet af forløb: udgiften i januar–marts 2022 er 10,0 mio. kr., 1,2 mio. kr. mindre end de "
            "samme måneder i 2021 (antal -2,0 mio. kr., serviceniveau 300.000 kr. og pris 500.000 kr.).",
        ),
        (
            comparison(number="900000", service_level="1000000", mix="-100000"),
            "Det er både serviceniveauet og antallet af forløb: udgiften i januar–marts 2022 er 10,0 mio. kr., "
            "1,8 mio. kr. mere end de samme måneder i 2021 (antal 900.000 kr., serviceniveau 1,0 mio. kr. og "
            "sammensætning -100.000 kr.).",
        ),
        (
            comparison(number="1000000", price="-990000"),
            "Udgiften i januar–marts 2022 er 10,0 mio. kr., stort set det samme som de samme måneder i 2021 "
            "(antal 1,0 mio. kr. og pris -990.000 kr.).",
        ),
        (
            comparison(),
            "Udgiften i januar–marts 2022 er 10,0 mio. kr., stort set det samme som de samme måneder i 2021.",
        ),
    ],
    ids=["price", "falling number", "both", "cancelling", "nothing"],
)
def test_the_answer(found: Comparison, said: str) -> None:
    assert text(answer.sentences(found)[0]) == said


def test_levels_stand_side_by_side_and_what_is_not_known_is_left_out() -> None:
    whole = text(answer.sentences(comparison())[1])
    assert (
        whole
        == "Der er 3 mod 2 forløb, 90,0 mod 89,0 dage pr. forløb og en pris pr. døgn på 1.200 mod 1.000 kr."
    )
    # a budget without durations
    partly = comparison(levels=("3", None, "90", None, "1200", "1000"))
    assert text(answer.sentences(partly)[1]) == "Prisen pr. døgn er 1.200 mod 1.000 kr."
    assert len(answer.sentences(comparison(levels=(None,) * 6))) == 1


def test_the_largest_segment_is_named_where_it_moved() -> None:
    moved = answer.sentences(comparison(largest="-1500000"))[-1]
    assert text(moved) == "Den største enkelte ændring er Familiebehandling (firmaer): 1,5 mio. kr. mindre."
    assert len(answer.sentences(comparison(largest="49999"))) == 2
