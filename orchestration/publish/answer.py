"""Is it the number of courses, the service level, or the price? The answer in sentences.

Belongs here: which effects are told, in what order, with which words. Does not: reading the marts (keyfigures), how
an effect is computed (mart_unit_price_variance).

The effects are the variance's, in the words of the question: number is courses more or fewer, also in new and ended
segments; service level is days a course and units a day; price is the index, rates and other prices. What is neither
is that courses are of other kinds (mix).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from orchestration.publish.explanation import Sentence
from orchestration.publish.figures import Figure

# A change below this is none: the sentences speak in tenths of a million.
_NOTHING = Decimal(50_000)
# Two effects are both the answer where the lesser is so much of the larger.
_AS_LARGE = Decimal("0.8")


@dataclass(frozen=True)
class Effect:
    """A part of the change, as the page names it."""

    name: str
    """In a list: `antal`."""
    is_answer: str
    """As the answer: `antallet af forløb`."""
    figure: Figure


@dataclass(frozen=True)
class Comparison:
    """What the year to date is compared with, and what came of it; a value of `None` is not known."""

    period: str
    """`januar–juni 2022`."""
    base: str
    """`de samme måneder i 2021`, `budgettets forudsætninger`."""
    cost: Figure
    cost_base: Figure
    change: Figure
    effects: Sequence[Effect]
    """Sum to the change."""
    courses: Figure
    courses_base: Figure
    days_per_course: Figure
    days_per_course_base: Figure
    price_day: Figure
    price_day_base: Figure
    largest: str
    """The segment whose cost changed most."""
    largest_change: Figure


def sentences(comparison: Comparison) -> list[Sentence]:
    """The answer; how many, how long and how dear; where most of it is."""
    return [
        sentence for sentence in (_answer(comparison), _levels(comparison), _largest(comparison)) if sentence
    ]


def _answer(comparison: Comparison) -> Sentence:
    change = comparison.change.value
    cost: list[str | Figure] = [f" i {comparison.period} er ", comparison.cost]
    parts = _in_parentheses(_listed(comparison.effects))
    if abs(change) < _NOTHING:
        return ["Udgiften", *cost, f", stort set det samme som {comparison.base}", *parts]
    way = "mere" if change > 0 else "mindre"
    compared: list[str | Figure] = [
        *cost,
        ", ",
        comparison.change.unsigned,
        f" {way} end {comparison.base}",
        *parts,
    ]
    main = _main(comparison)
    if not main:
        return ["Udgiften", *compared]
    called = " og ".join(effect.is_answer for effect in main)
    return [f"Det er {'både ' if len(main) > 1 else 'mest '}{called}: udgiften", *compared]


def _main(comparison: Comparison) -> list[Effect]:
    """The largest effect in the direction of the change, and one about as large."""
    risen = comparison.change.value > 0
    along = [
        effect for effect in comparison.effects if effect.figure.value and (effect.figure.value > 0) == risen
    ]
    along.sort(key=lambda effect: -abs(effect.figure.value))
    return [
        effect for effect in along[:2] if abs(effect.figure.value) >= abs(along[0].figure.value) * _AS_LARGE
    ]


def _levels(comparison: Comparison) -> Sentence:
    """Number × service level × price, now and then; the price alone where the base knows no number."""
    courses, days, price = (
        (comparison.courses, comparison.courses_base),
        (comparison.days_per_course, comparison.days_per_course_base),
        (comparison.price_day, comparison.price_day_base),
    )
    if not _are_known(price):
        return []
    said: list[str | Figure] = [price[0], " mod ", price[1], " kr."]
    if not (_are_known(courses) and _are_known(days)):
        return ["Prisen pr. døgn er ", *said]
    number: list[str | Figure] = ["Der er ", courses[0], " mod ", courses[1], " forløb, "]
    return [*number, days[0], " mod ", days[1], " dage pr. forløb og en pris pr. døgn på ", *said]


def _are_known(figures: Sequence[Figure]) -> bool:
    return all(figure.value is not None for figure in figures)


def _largest(comparison: Comparison) -> Sentence:
    if not comparison.largest or abs(comparison.largest_change.value or 0) < _NOTHING:
        return []
    way = "mere" if comparison.largest_change.value > 0 else "mindre"
    return [
        f"Den største enkelte ændring er {comparison.largest}: ",
        comparison.largest_change.unsigned,
        f" {way}.",
    ]


def _listed(effects: Sequence[Effect]) -> list[str | Figure]:
    said: list[str | Figure] = []
    known = [effect for effect in effects if effect.figure.value]
    for number, effect in enumerate(known):
        between = "" if not number else " og " if number == len(known) - 1 else ", "
        said += [f"{between}{effect.name} ", effect.figure]
    return said


def _in_parentheses(parts: Sequence[str | Figure]) -> list[str | Figure]:
    return [" (", *parts, ")."] if parts else ["."]
